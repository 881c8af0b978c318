#include "engine/formats/atomic_file.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

constexpr std::array<std::string_view, 3> pieces = {"one", "", "two"};

/// The message of the failure to write to `path`.
std::string write_error(const std::string& path) {
  try {
    write_file_atomically(path, pieces);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a file is made of pieces that are handed over one by one, and stays as it was where that fails") {
  const TemporaryFolder folder;
  const std::string path = folder.file("x");
  write_file_atomically(path, [](const WritePiece& put) {
    for (const char* piece : {"ab", "", "c"}) put(piece);
  });
  CHECK(read_text(path) == "abc");
  CHECK_THROWS_WITH_AS(write_file_atomically(path,
                                             [](const WritePiece& put) {
                                               put("d");
                                               throw std::runtime_error("no more");
                                             }),
                       "no more", std::runtime_error);
  CHECK(read_text(path) == "abc");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a file is written from its pieces, over an older one, and nothing else is left in the folder") {
  const TemporaryFolder folder;
  write_text(folder.file("x"), "a much longer old content");
  write_file_atomically(folder.file("x"), pieces);
  CHECK(read_text(folder.file("x")) == "onetwo");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a file without a folder in its name is written to the working directory") {
  const TemporaryFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  write_file_atomically("x", pieces);
  std::filesystem::current_path(before);
  CHECK(read_text(folder.file("x")) == "onetwo");
}

TEST_CASE("a missing folder is an error with the path and the system's reason") {
  const TemporaryFolder folder;
  const std::string path = folder.file("none/x");
  const std::string message = write_error(path);
  CHECK(contains(message, path));
  CHECK(contains(message, "No such file or directory"));
}

TEST_CASE("a failure leaves the old file and no temporary one") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("x"));
  write_text(folder.file("x/old"), "old");
  CHECK(contains(write_error(folder.file("x")), "not a regular file"));
  CHECK(read_text(folder.file("x/old")) == "old");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a device is never replaced by a file") { CHECK(contains(write_error("/dev/null"), "not a regular file")); }

TEST_CASE("the temporary file that a killed writer of the same file left is removed; one of a running writer, or of another file, is not") {
  const TemporaryFolder folder;
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  ::waitpid(gone, nullptr, 0);
  const std::string stale = folder.file(".x.tmp." + std::to_string(gone));
  const std::vector<std::string> others = {folder.file(".x.tmp." + std::to_string(::getppid())), folder.file(".x.tmp.old"),
                                           folder.file(".y.tmp." + std::to_string(gone))};
  write_text(stale, "half");
  for (const std::string& other : others) write_text(other, "half");
  write_file_atomically(folder.file("x"), pieces);
  CHECK_FALSE(std::filesystem::exists(stale));
  for (const std::string& other : others) CHECK(std::filesystem::exists(other));
}

TEST_CASE("a full disk is an error with the system's reason that leaves the old file") {
  if (!std::filesystem::exists("/dev/full")) return;
  const TemporaryFolder folder;
  write_text(folder.file("x"), "old");
  const std::string blocker = folder.file(".x.tmp." + std::to_string(::getpid()));
  std::filesystem::create_symlink("/dev/full", blocker);
  CHECK(contains(write_error(folder.file("x")), "No space left on device"));
  CHECK(read_text(folder.file("x")) == "old");
  CHECK(!std::filesystem::is_symlink(blocker));
}

}  // namespace
}  // namespace cnnctl
