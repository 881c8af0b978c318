#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "tests/cli/faults.h"
#include "tests/cli/process.h"
#include "tests/cli/run_state.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

constexpr int until_the_end = 1'000'000;

/// Two epochs of 5 steps with a checkpoint every 2.
const std::vector<std::string> train_run = {
    "train", "tiny.yaml", "--threads", "1", "--out", "run", "--set", "train.checkpoint_every=2 steps", "--set", "train.deterministic=true"};
const std::vector<std::string> resume_run = {"train", "--resume", "run", "--threads", "1"};

/// What the run comes to where nothing goes wrong, and how many file calls that takes.
struct Undisturbed {
  RunState state;
  int calls = 0;

  explicit Undisturbed(const fs::path& folder) {
    write_text(folder / "tiny.yaml", tiny_config());
    calls = count_file_calls(folder, train_run, "run/");
    state = read_run(folder / "run");
    fs::remove_all(folder / "run");
    REQUIRE(calls > 40);
  }
};

/// A file system of so many bytes, mounted while this lives.
class SmallDisk {
 public:
  SmallDisk(fs::path path, const std::string& bytes) : path_(std::move(path)) {
    fs::create_directory(path_);
    is_mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, ("size=" + bytes).c_str()) == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return is_mounted_; }
  void resize(const std::string& bytes) const {
    REQUIRE(::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, ("size=" + bytes).c_str()) == 0);
  }

 private:
  fs::path path_;
  bool is_mounted_ = false;
};

}  // namespace

TEST_CASE("where a checkpoint cannot be written for a while, training warns and goes on, and nothing is lost") {
  const TemporaryFolder folder;
  const Undisturbed undisturbed(folder.path());
  const std::string file = "run/.last.safetensors.tmp";
  const int calls = count_file_calls(folder.path(), train_run, file) / 7;  // of one: at the start, after 2, 4, 5, 7, 9 and 10 steps
  fs::remove_all(folder.path() / "run");
  for (const int error : {ENOSPC, EDQUOT, EROFS, EACCES, EIO}) {
    CAPTURE(error);
    const int middle = calls + calls / 2;
    const Result result = run_program(folder.path(), train_run, failing_at(middle, middle + 2, error, file));
    INFO(result.err);
    CHECK(result.status == 0);
    CHECK(contains(result.err, "cnnctl: warning: run/last.safetensors: cannot be written: "));
    CHECK(contains(result.err, "; it still holds epoch 0, step 0"));
    CHECK(temporary_files(folder.path() / "run").empty());
    check_same(read_run(folder.path() / "run"), undisturbed.state);
    fs::remove_all(folder.path() / "run");
  }
}

TEST_CASE("rows and lines that cannot be written for a while are written later, whole and in order") {
  const TemporaryFolder folder;
  const Undisturbed undisturbed(folder.path());
  for (const char* file : {"run/metrics.csv", "run/train.log"}) {
    CAPTURE(file);
    for (const int first : {3, 4, 5}) {
      CAPTURE(first);
      const Result result = run_program(folder.path(), train_run, failing_at(first, first + 1, ENOSPC, file));
      INFO(result.err);
      CHECK(result.status == 0);
      CHECK(contains(result.err, std::string("cnnctl: warning: ") + file + ": cannot be written: No space left on device"));
      check_same(read_run(folder.path() / "run"), undisturbed.state);
      fs::remove_all(folder.path() / "run");
    }
  }
}

TEST_CASE("a disk that stays full ends the run with status 1 and the last good checkpoint, from which it goes on once there is room") {
  const TemporaryFolder folder;
  const Undisturbed undisturbed(folder.path());
  for (const int part : {3, 2}) {
    CAPTURE(part);
    const Result full = run_program(folder.path(), train_run, failing_at(undisturbed.calls / part, until_the_end, ENOSPC, "run/"));
    INFO(full.err);
    CHECK(full.status == 1);
    CHECK(contains(full.err, "No space left on device"));
    CHECK(contains(full.err, "could not be written; last.safetensors holds epoch "));
    CHECK(contains(lines(full.out).back(), "Test Accuracy"));
    const Result rest = run_program(folder.path(), resume_run);
    INFO(rest.err);
    CHECK(rest.status == 0);
    check_same(read_run(folder.path() / "run"), undisturbed.state);
    fs::remove_all(folder.path() / "run");
  }
}

TEST_CASE("standard output on a full disk stops the run, which is saved, with status 1") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  const std::string command =
      fmt::format("cd '{}' && '{}' train tiny.yaml --threads 1 --out run > /dev/full 2> told", folder.path().string(), CNNCTL_BINARY);
  const int status = std::system(command.c_str());
  CHECK(WEXITSTATUS(status) == 1);
  const std::string told = read_text(folder.path() / "told");
  INFO(told);
  CHECK(contains(told, "cannot write to standard output: No space left on device"));
  CHECK(contains(told, "the run is saved"));
  const Result rest = run_program(folder.path(), {"train", "--resume", "run", "--threads", "1"});
  CHECK(contains(rest.err, "continuing after epoch 0, step 1"));
}

TEST_CASE("a disk that is full from the start is an error before anything is trained") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  const Result result = run_program(folder.path(), train_run, failing_at(2, until_the_end, ENOSPC, "run/"));
  CHECK(result.status == 1);
  CHECK(contains(result.err, "run/last.safetensors: cannot be written: No space left on device"));
  CHECK(result.out.empty());
}

TEST_CASE("a real disk that is too small for a second checkpoint keeps the first one") {
  const TemporaryFolder folder;
  const Undisturbed undisturbed(folder.path());
  const SmallDisk disk(folder.path() / "run", "36k");
  if (!disk.is_mounted()) {
    MESSAGE("not allowed to mount a file system here");
    return;
  }
  const Result full = run_program(folder.path(), train_run);
  INFO(full.err);
  CHECK(full.status == 1);
  CHECK(contains(full.err, "run/last.safetensors: cannot be written: No space left on device; it still holds epoch 0, step 0"));
  CHECK(temporary_files(folder.path() / "run").empty());
  disk.resize("1m");
  const Result rest = run_program(folder.path(), resume_run);
  INFO(rest.err);
  CHECK(rest.status == 0);
  check_same(read_run(folder.path() / "run"), undisturbed.state);
}

TEST_CASE("a run whose folder vanishes trains to its end, warns, and ends with status 1") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  std::vector<std::string> long_run = train_run;
  long_run.insert(long_run.end(), {"--set", "train.epochs=40"});
  Process process(folder.path(), long_run);
  process.read_line();
  // At once: what the run writes meanwhile would keep the folder from being removed.
  fs::rename(folder.path() / "run", folder.path() / "gone");
  fs::remove_all(folder.path() / "gone");
  const Result result = process.finish();
  CHECK(result.status == 1);
  CHECK(contains(result.err, "run/last.safetensors: cannot be written: No such file or directory"));
  CHECK(contains(result.err, "run/train.log: cannot be written: No such file or directory"));
  CHECK(contains(lines(result.out).back(), "Test Accuracy"));
}

}  // namespace cnnctl
