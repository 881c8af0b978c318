#include "datasets/readers/idx.h"

#include <algorithm>

#include "tests/datasets/support.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

/// The message of reading a file of this content.
std::string error_of(const std::string& content, const std::string& name = "x") {
  const TemporaryFolder folder;
  write_text(folder.file(name), content);
  const std::string message = input_error([&] { read_idx(folder.file("x")); });
  CHECK(message.starts_with(folder.file(name) + ": "));
  return message;
}

TEST_CASE("an IDX file is read, plain or compressed, and says which file it was") {
  const TemporaryFolder folder;
  const std::string text = idx_text({2, 1, 3}, "abcdef");
  write_text(folder.file("plain"), text);
  write_text(folder.file("compressed.gz"), gzip(text));
  for (const std::string name : {"plain", "compressed"}) {
    const IdxFile file = read_idx(folder.file(name));
    CHECK(file.path == folder.file(name == "plain" ? "plain" : "compressed.gz"));
    CHECK(file.dims == std::vector<std::int64_t>{2, 1, 3});
    CHECK(std::string(file.bytes.begin(), file.bytes.end()) == "abcdef");
  }
}

TEST_CASE("the plain IDX file is preferred to the compressed one") {
  const TemporaryFolder folder;
  write_text(folder.file("x"), idx_text({1}, "p"));
  write_text(folder.file("x.gz"), gzip(idx_text({1}, "c")));
  CHECK(read_idx(folder.file("x")).bytes == std::vector<std::uint8_t>{'p'});
}

TEST_CASE("large IDX files are read to the last byte, plain and compressed") {
  const TemporaryFolder folder;
  std::string bytes(5'000'000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i >> 7U);
  write_text(folder.file("plain"), idx_text({5, 1'000'000}, bytes));
  write_text(folder.file("compressed.gz"), gzip(idx_text({5, 1'000'000}, bytes)));
  for (const std::string name : {"plain", "compressed"}) {
    const IdxFile file = read_idx(folder.file(name));
    CHECK(std::equal(file.bytes.begin(), file.bytes.end(), bytes.begin(), bytes.end(),
                     [](std::uint8_t a, char b) { return static_cast<char>(a) == b; }));
  }
}

TEST_CASE("a missing IDX file is an error that names it and says what to do") {
  const std::string message = input_error([] { read_idx("/none/train-images", "\n  hint: fetch it"); });
  CHECK(message == "/none/train-images: no such file, nor one with .gz at its end\n  hint: fetch it");
}

TEST_CASE("an IDX file cut off at any byte, or too long, is an error with the file's name") {
  const std::string whole = idx_text({2, 3}, "abcdef");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    error_of(whole.substr(0, length));
    error_of(gzip(whole.substr(0, length)), "x.gz");
  }
  CHECK(contains(error_of(whole + "x"), "holds 7 bytes behind its header, which promises 2 x 3"));
}

TEST_CASE("an IDX header that lies is an error that says how") {
  CHECK(contains(error_of("\x89PNG____"), "magic number is wrong"));
  CHECK(contains(error_of(std::string("\0\0\x0d\x01\0\0\0\x01wxyz", 12)), "elements of type 0x0d"));
  CHECK(contains(error_of(idx_text({0xFFFFFFFFU, 0xFFFFFFFFU, 0xFFFFFFFFU}, "a")), "promises 4294967295 x"));
  CHECK(contains(error_of(idx_text({0xFFFFFFFFU}, "a")), "promises 4294967295"));
}

TEST_CASE("a compressed file that is cut off or no gzip file at all is an error with the file's name") {
  const std::string whole = gzip(idx_text({1000}, std::string(1000, 'a')));
  for (std::size_t length = 0; length < whole.size(); ++length) error_of(whole.substr(0, length), "x.gz");
  CHECK(contains(error_of("PK" + whole, "x.gz"), "is no gzip file"));
  CHECK(contains(error_of(whole + whole, "x.gz"), "several parts"));
}

TEST_CASE("a compressed file with a changed byte is an error, or its content is the same all the same") {
  std::string bytes(1000, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i >> 4U);
  const std::string whole = gzip(idx_text({1000}, bytes));
  const TemporaryFolder folder;
  std::size_t errors = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    write_text(folder.file("x.gz"), changed);
    try {
      const IdxFile file = read_idx(folder.file("x"));
      CHECK(std::string(file.bytes.begin(), file.bytes.end()) == bytes);
    } catch (const InputError& error) {
      CHECK(contains(error.what(), "x.gz: "));
      ++errors;
    }
  }
  CHECK(errors > whole.size() / 2);
}

TEST_CASE("a compressed file that claims more than it can hold is refused before anything is allocated") {
  std::string changed = gzip(idx_text({1000}, std::string(1000, 'a')));
  changed.replace(changed.size() - 4, 4, "\xFF\xFF\xFF\xFF");
  CHECK(contains(error_of(changed, "x.gz"), "is damaged"));
}

TEST_CASE("a compressed file whose end claims more than is in it is refused, also where so short a file could hold that much") {
  std::string changed = gzip(idx_text({1000}, std::string(1000, 'a')));
  const std::size_t claim = 1000 * changed.size();
  for (std::size_t i = 0; i < 4; ++i) changed[changed.size() - 4 + i] = static_cast<char>(claim >> (8 * i));
  CHECK(contains(error_of(changed, "x.gz"), "is damaged"));
}

}  // namespace
}  // namespace cnnctl
