#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "engine/config/parse.h"

using namespace cnnctl;

namespace {

/// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("cnnctl_read_source_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

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
  const std::string path = folder.write("net.yaml",
                                        "\xEF\xBB\xBF"
                                        "a: 1\r\n\0");
  CHECK(read_source(path)->text ==
        "\xEF\xBB\xBF"
        "a: 1\r\n");
  CHECK(read_source(path)->name == path);
  CHECK(read_source(folder.write("empty.yaml", ""))->text == "");
}

TEST_CASE("a file that cannot be read is an error with its path and the reason") {
  const TemporaryFolder folder;
  CHECK(failure(folder.path("missing.yaml")) == "cannot read '" + folder.path("missing.yaml") + "': No such file or directory");
  CHECK(failure(folder.path("")) == "cannot read '" + folder.path("") + "': it is a folder, not a file");
  CHECK(failure("") == "cannot read '': No such file or directory");
}

TEST_CASE("a file larger than any config is an error, also a device without end") {
  const TemporaryFolder folder;
  const std::string most = folder.write("most.yaml", std::string(std::size_t{16} << 20U, ' '));
  CHECK(failure(most) == "");
  std::ofstream(most, std::ios::app) << ' ';
  CHECK(failure(most) == "cannot read '" + most + "': it is larger than 16 MiB, which no config is");
  CHECK(failure("/dev/zero") == "cannot read '/dev/zero': it is larger than 16 MiB, which no config is");
}
