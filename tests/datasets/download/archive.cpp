#include "datasets/download/archive.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "datasets/download/download.h"
#include "datasets/download/sha256.h"
#include "tests/datasets/download/make_archive.h"
#include "tests/support/http_server.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// The names of all files below a folder.
std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (!entry.is_directory()) names.push_back(entry.path().lexically_relative(folder).string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<ArchiveMember> members_of(const TemporaryFolder& folder) {
  return {{"set/a.bin", folder.file("out/a.bin"), 2'000'000}, {"set/b.bin", folder.file("out/b.bin"), 4}};
}

/// What unpacking an archive of these entries says.
std::string error_of(const std::string& name, const std::vector<TestEntry>& entries) {
  const TemporaryFolder folder;
  make_archive(folder.file(name), entries);
  return input_error([&] { unpack(folder.file(name), members_of(folder)); });
}

}  // namespace

TEST_CASE("of a .tar.gz and a .zip the members that are asked for are unpacked, and nothing else") {
  for (const std::string name : {"set.tar.gz", "set.zip"}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    const std::string large(1'500'000, 'a');
    make_archive(folder.file(name), {{"../escaped", "x"},
                                     {"/tmp/cnnctl_escaped", "x"},
                                     {"set/readme", "x"},
                                     {"set/b.bin", "bbbb"},
                                     {"set/b.bin", "late"},
                                     {"set/a.bin", large},
                                     {"set/c.bin", "x"}});
    unpack(folder.file(name), members_of(folder));
    CHECK(files_below(folder.path()) == std::vector<std::string>{"out/a.bin", "out/b.bin", name});
    CHECK(read_text(folder.file("out/a.bin")) == large);
    CHECK(read_text(folder.file("out/b.bin")) == "bbbb");
    CHECK_FALSE(fs::exists("/tmp/cnnctl_escaped"));
  }
}

TEST_CASE("a member that is there already is left as it is") {
  const TemporaryFolder folder;
  make_archive(folder.file("set.zip"), {{"set/a.bin", "new"}, {"set/b.bin", "new"}});
  fs::create_directory(folder.path() / "out");
  write_text(folder.file("out/a.bin"), "old");
  unpack(folder.file("set.zip"), members_of(folder));
  CHECK(read_text(folder.file("out/a.bin")) == "old");
  CHECK(read_text(folder.file("out/b.bin")) == "new");
}

TEST_CASE("an archive that lacks a member, or has a larger one, or a link in its place, is an error with its name") {
  for (const std::string name : {"set.tar.gz", "set.zip"}) {
    CAPTURE(name);
    CHECK(contains(error_of(name, {{"set/a.bin", "a"}}), name + ": holds no set/b.bin"));
    CHECK(contains(error_of(name, {{"set/b.bin", "12345"}}), name + ": set/b.bin in it is longer than 4 bytes"));
    CHECK(contains(error_of(name, {{"set/b.bin", "", "/etc/passwd"}}), name + ": set/b.bin in it is no regular file"));
  }
  CHECK(contains(error_of("set.tar.gz", {{"set/b.bin", "", "", "/etc/passwd"}}), "set/b.bin in it is no regular file"));
}

TEST_CASE("an archive that is none, or cut off, is an error with its name") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& name) { return input_error([&] { unpack(folder.file(name), members_of(folder)); }); };
  CHECK(contains(error("none.zip"), folder.file("none.zip") + ": cannot be unpacked: "));
  write_text(folder.file("text.zip"), "no archive at all");
  CHECK(contains(error("text.zip"), "text.zip: cannot be unpacked: "));
  for (const std::string name : {"set.tar.gz", "set.zip"}) {
    make_archive(folder.file(name), {{"set/a.bin", std::string(1'000'000, 'a')}, {"set/b.bin", "b"}});
    const std::string whole = read_text(folder.file(name));
    write_text(folder.file(name), whole.substr(0, whole.size() / 2));
    CHECK(contains(error(name), folder.file(name) + ": cannot be unpacked: "));
    CHECK_FALSE(fs::exists(folder.file("out/a.bin")));
  }
}

TEST_CASE("an archive is fetched, unpacked, and does not stay; one that lay there before does") {
  const TemporaryFolder folder;
  make_archive(folder.file("set.tar.gz"), {{"set/a.bin", "aa"}, {"set/b.bin", "bb"}});
  const std::string archive = read_text(folder.file("set.tar.gz"));
  const HttpServer server(serve_files({{"set.tar.gz", archive}}));
  const RemoteFile file = {"set.tar.gz", archive.size(), sha256_of_file(folder.file("set.tar.gz"))};
  const auto download = [&](const std::string& name) {
    const std::string root = folder.file(name);
    return Download{{server.url()}, file, root, {{"set/a.bin", root + "/a.bin", 2}, {"set/b.bin", root + "/b.bin", 2}}};
  };
  fetch(download("one"), {});
  CHECK(files_below(folder.path() / "one") == std::vector<std::string>{"a.bin", "b.bin"});
  fetch(download("one"), {});
  CHECK(server.requests().size() == 1);

  fs::create_directory(folder.path() / "two");
  fs::copy_file(folder.file("set.tar.gz"), folder.path() / "two" / "set.tar.gz");
  fetch(download("two"), {});
  CHECK(files_below(folder.path() / "two") == std::vector<std::string>{"a.bin", "b.bin", "set.tar.gz"});
  CHECK(server.requests().size() == 1);

  fs::create_directory(folder.path() / "three");
  write_text(folder.path() / "three" / "set.tar.gz", archive.substr(1));
  const std::string message = input_error([&] { fetch(download("three"), {}); });
  CHECK(contains(message, folder.file("three/set.tar.gz") + ": is "));
  CHECK(contains(message, "remove it, and it will be fetched"));
}

TEST_CASE("an archive with one member gone is fetched for that one alone") {
  const TemporaryFolder folder;
  make_archive(folder.file("set.zip"), {{"set/a.bin", "aa"}, {"set/b.bin", "bb"}});
  const std::string archive = read_text(folder.file("set.zip"));
  const HttpServer server(serve_files({{"set.zip", archive}}));
  fs::create_directory(folder.path() / "root");
  write_text(folder.file("root/a.bin"), "own");
  fetch({{server.url()},
         {"set.zip", archive.size(), sha256_of_file(folder.file("set.zip"))},
         folder.file("root"),
         {{"set/a.bin", folder.file("root/a.bin"), 2}, {"set/b.bin", folder.file("root/b.bin"), 2}}},
        {});
  CHECK(read_text(folder.file("root/a.bin")) == "own");
  CHECK(read_text(folder.file("root/b.bin")) == "bb");
}

}  // namespace cnnctl
