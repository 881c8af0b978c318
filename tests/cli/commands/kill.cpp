#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <random>

#include "tests/cli/faults.h"
#include "tests/cli/process.h"
#include "tests/cli/run_state.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

constexpr int killed = 128 + SIGKILL;

/// A run with all that a resume has to bring back: shuffled, changed and mixed images, dropout, averages, moments, a schedule, a plateau
/// that counts. `epochs` of 5 steps, a checkpoint every 3.
std::vector<std::string> train_run(int epochs) {
  return {"train",
          "tiny.yaml",
          "--threads",
          "1",
          "--out",
          "run",
          "--quiet",
          "--set",
          "train.epochs=" + std::to_string(epochs),
          "--set",
          "train.checkpoint_every=3 steps",
          "--set",
          "train.deterministic=true",
          "--set",
          "train.optimizer={nadam: {lr: 0.01, weight_decay: 0.1}}",
          "--set",
          "train.schedule={plateau: {patience: 0, threshold: 0.5, factor: 0.5}}",
          "--set",
          "train.ema=0.9",
          "--set",
          "train.mixup=0.4",
          "--set",
          "train.cutmix=1",
          "--set",
          "train.early_stopping={patience: 50}",
          "--set",
          "data.transforms.train=[{random_crop: {size: 28, padding: 2}}, {horizontal_flip: {}}]"};
}

const std::vector<std::string> resume_run = {"train", "--resume", "run", "--threads", "1", "--quiet"};

/// A folder in which runs are killed, and what the undisturbed run came to.
class KilledRun {
 public:
  explicit KilledRun(int epochs) : start_(train_run(epochs)) {
    write_text(folder_.path() / "tiny.yaml", tiny_config());
    const Result whole = run_program(folder_.path(), start_);
    INFO(whole.err);
    REQUIRE(whole.status == 0);
    expected_ = read_run(run());
    fs::remove_all(run());
  }

  const fs::path& folder() const { return folder_.path(); }
  fs::path run() const { return folder() / "run"; }
  bool is_begun() const { return fs::exists(run() / "last.safetensors"); }

  int count_calls() {
    const int calls = count_file_calls(folder(), start_, "run/");
    fs::remove_all(run());
    return calls;
  }

  /// What starts the run or goes on with it. What was killed before its first checkpoint holds nothing: then it starts anew.
  const std::vector<std::string>& next_command() {
    if (is_begun()) return resume_run;
    fs::remove_all(run());
    return start_;
  }

  /// Goes on to the end, undisturbed, and checks that nothing was lost.
  void finish() {
    const Result rest = run_program(folder(), next_command());
    INFO(rest.err);
    REQUIRE(rest.status == 0);
    CHECK(temporary_files(run()).empty());
    check_same(read_run(run()), expected_);
    fs::remove_all(run());
  }

  void kill_at(int call) {
    CAPTURE(call);
    const bool was_begun = is_begun();
    CHECK(run_program(folder(), next_command(), killed_at(call, "run/")).status == killed);
    CHECK((is_begun() || !was_begun));
    if (is_begun()) CHECK_NOTHROW(read_safetensors((run() / "last.safetensors").string()));
  }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> start_;
  RunState expected_;
};

}  // namespace

TEST_CASE("a run killed at calls that write a file resumes to the bits of one that was never killed") {
  KilledRun run(2);
  const int calls = run.count_calls();
  REQUIRE(calls > 40);
  for (int call = 1; call <= calls; call += 11) {  // which comes by the parts of a checkpoint at ever other places
    CAPTURE(call);
    run.kill_at(call);
    run.finish();
  }
}

TEST_CASE("a run killed while it resumes, again and again, loses nothing") {
  KilledRun run(2);
  for (const int call : {30, 2, 5, 9, 14, 20}) run.kill_at(call);
  run.finish();
}

TEST_SUITE("slow") {
  TEST_CASE("a run killed at every call that writes a file, one after another, resumes to the same bits") {
    KilledRun run(2);
    const int calls = run.count_calls();
    for (int call = 1; call <= calls; ++call) {
      CAPTURE(call);
      run.kill_at(call);
      run.finish();
    }
    MESSAGE("killed at " << calls << " calls");
  }

  TEST_CASE("a run killed 200 times at random moments resumes to the same bits") {
    KilledRun run(40);
    std::mt19937 random(1);
    std::uniform_int_distribution<useconds_t> delay(1'000, 400'000);
    int kills = 0, ends = 0;
    while (kills < 200) {
      Process process(run.folder(), run.next_command());
      usleep(delay(random));
      process.signal(SIGKILL);
      const int status = process.finish().status;
      REQUIRE((status == killed || status == 0));
      if (status == killed) ++kills;
      if (run.is_begun()) CHECK_NOTHROW(read_safetensors((run.run() / "last.safetensors").string()));
      if (status == 0 || kills % 5 == 0) {
        run.finish();
        ++ends;
      }
    }
    MESSAGE("killed " << kills << " times, in " << ends << " runs");
  }
}

}  // namespace cnnctl
