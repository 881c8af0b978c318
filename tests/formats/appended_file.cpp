#include "engine/formats/appended_file.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

/// While one lives, no file of this process may grow beyond so many bytes.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~SizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("an appended file keeps its first bytes, cuts off what is behind them, and grows by whole texts") {
  const TemporaryFolder folder;
  const std::string path = folder.file("log");
  write_text(path, "kept\nnot kept\n");
  AppendedFile file(path, 5);
  CHECK(read_text(path) == "kept\n");
  file.append("new\n");
  file.flush();
  CHECK(read_text(path) == "kept\nnew\n");
  CHECK(file.size() == 9);
  CHECK(AppendedFile(path, 100).size() == 9);  // shorter than it was to be: a crash of the machine
}

TEST_CASE("a symbolic link in the place of an appended file is not followed") {
  const TemporaryFolder folder;
  write_text(folder.path() / "elsewhere", "kept\n");
  std::filesystem::create_symlink(folder.path() / "elsewhere", folder.path() / "log");
  CHECK_THROWS_WITH(AppendedFile(folder.file("log"), 0), doctest::Contains("log: cannot be written: it is a symbolic link"));
  CHECK(read_text(folder.path() / "elsewhere") == "kept\n");
}

TEST_CASE("a text that does not fit is left out whole, and follows when there is room again") {
  const TemporaryFolder folder;
  const std::string path = folder.file("log");
  AppendedFile file(path, 0);
  file.append("12345\n");
  {
    const SizeLimit limit(8);
    CHECK_THROWS_WITH(file.append("67890\n"), doctest::Contains("log: cannot be written: File too large"));
    CHECK(read_text(path) == "12345\n");
    CHECK_THROWS(file.append("abcde\n"));
    CHECK(file.size() == 18);
  }
  file.append("fghij\n");
  CHECK(read_text(path) == "12345\n67890\nabcde\nfghij\n");
}

TEST_CASE("an appended file that was removed is an error") {
  const TemporaryFolder folder;
  AppendedFile file(folder.file("log"), 0);
  std::filesystem::remove(folder.file("log"));
  CHECK_THROWS_WITH(file.append("text\n"), doctest::Contains("No such file"));
  CHECK_THROWS(AppendedFile(folder.file("missing/log"), 0));
}

}  // namespace cnnctl
