#include <doctest/doctest.h>

#include "engine/formats/pytorch/zip_archive.h"
#include "tests/formats/pytorch/support.h"

namespace cnnctl {
namespace {

void check_same(const StoredTensors& a, const StoredTensors& b) {
  REQUIRE(a.tensors.size() == b.tensors.size());
  for (const auto& [key, tensor] : a.tensors) {
    const std::string& name = key;  // clang 14 captures no structured binding
    CAPTURE(name);
    CHECK(b.tensors.at(name).type == tensor.type);
    CHECK(b.tensors.at(name).dims == tensor.dims);
    CHECK(b.tensors.at(name).bytes == tensor.bytes);
  }
}

}  // namespace

TEST_CASE("tensors written for PyTorch and as safetensors are read back with their types, to the bit") {
  const TemporaryFolder folder;
  for (const char* name : {"types.pth", "views.pth", "state_dict.pth", "nothing.pth"}) {
    const StoredTensors content = read_pytorch(fixture(name)).content;
    write_pytorch(folder.file("x.pth"), content);
    const PyTorchFile again = read_pytorch(folder.file("x.pth"));
    check_same(again.content, content);
    CHECK(again.shared.empty());
    write_stored_safetensors(folder.file("x.safetensors"), again.content);
    check_same(read_stored_safetensors(folder.file("x.safetensors")), content);
  }
}

TEST_CASE("an archive's contents begin at multiples of 64 bytes, also in the 64 bit form, and are read back") {
  const TemporaryFolder folder;
  const std::vector<ZipEntry> entries = {{"a/first", "some bytes"}, {"a/second", std::string_view()}, {"a/third", "other bytes"}};
  for (const std::uint64_t zip64_from : {0xFFFFFFFFULL, 100ULL, 0ULL}) {
    CAPTURE(zip64_from);
    write_zip(folder.file("x.zip"), entries, zip64_from);
    const std::string text = read_text(folder.file("x.zip"));
    CHECK(text.find("some bytes") % 64 == 0);
    CHECK(text.find("other bytes") % 64 == 0);
    const ZipArchive archive(folder.file("x.zip"));
    for (const ZipEntry& entry : entries) {
      const auto found = archive.find(entry.name);
      REQUIRE(found);
      std::string content(found->size, '\0');
      archive.read(*found, 0, std::as_writable_bytes(std::span(content)));
      CHECK(content == entry.content);
    }
    CHECK(archive.find_name("/third") == "a/third");
    CHECK_FALSE(archive.find("a/fourth"));
  }
}

TEST_CASE("a part of an entry is read, and not what lies beyond its end") {
  const TemporaryFolder folder;
  write_zip(folder.file("x.zip"), std::vector<ZipEntry>{{"a", "0123456789"}, {"b", "more"}});
  const ZipArchive archive(folder.file("x.zip"));
  const auto entry = archive.find("a");
  REQUIRE(entry);
  std::string part(4, '\0');
  archive.read(*entry, 3, std::as_writable_bytes(std::span(part)));
  CHECK(part == "3456");
  CHECK(contains(input_error([&] { archive.read(*entry, 7, std::as_writable_bytes(std::span(part))); }), "has too short an entry a"));
  CHECK(contains(input_error([&] { archive.read(*entry, 11, {}); }), "has too short an entry a"));
}

TEST_CASE("a file for PyTorch that cannot be written is an error, and leaves nothing behind") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(write_pytorch(folder.file("none/x.pth"), {}), std::runtime_error);
  CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace cnnctl
