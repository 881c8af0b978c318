#include <filesystem>

#include <doctest/doctest.h>

#include "engine/config/parse.h"
#include "tests/support/temporary_folder.h"

using namespace cnnctl;

namespace {

/// Writes a file of the folder; returns its path.
std::string write(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
  write_text(folder.file(name), text);
  return folder.file(name);
}

std::string failure(const std::string& path) {
  try {
    read_source(path);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a file is read to the letter, under the name that the user gave") {
  const TemporaryFolder folder;
  const std::string text = std::string("\xEF\xBB\xBF") + "a: 1\r\n" + '\0' + "b";
  const std::string path = write(folder, "net.yaml", text);
  CHECK(read_source(path)->text == text);
  CHECK(read_source(path)->name == path);
  CHECK(read_source(write(folder, "empty.yaml", ""))->text == "");
}

TEST_CASE("a file that cannot be read is an error with its path and the reason") {
  const TemporaryFolder folder;
  CHECK(failure(folder.file("missing.yaml")) == "cannot read '" + folder.file("missing.yaml") + "': No such file or directory");
  CHECK(failure(folder.file("")) == "cannot read '" + folder.file("") + "': it is a folder, not a file");
  CHECK(failure("") == "cannot read '': No such file or directory");
}

TEST_CASE("a file larger than any config is an error, also a device without end") {
  const TemporaryFolder folder;
  const std::string most = write(folder, "most.yaml", std::string(std::size_t{16} << 20U, ' '));
  CHECK(failure(most) == "");
  std::ofstream(most, std::ios::app) << ' ';
  CHECK(failure(most) == "cannot read '" + most + "': it is larger than 16 MiB, which no config is");
  CHECK(failure("/dev/zero") == "cannot read '/dev/zero': it is larger than 16 MiB, which no config is");
}
