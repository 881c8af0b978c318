#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

Result resume_with(const fs::path& folder, const std::string& set) {
  return run_program(folder, {"train", "--resume", "runs/tiny", "--threads", "1", "--set", set});
}

}  // namespace

TEST_CASE("a resume that changes what positions and states mean is refused with the key's name") {
  const TemporaryFolder folder;
  REQUIRE(train_tiny(folder.path()).status == 0);
  const std::string config = read_text(folder.path() / "runs/tiny/config.yaml");
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"train.batch_size=10", "train.batch_size cannot change within a run, from 20 to 10"},
      {"train.optimizer={sgd: {lr: 0.1}}", "train.optimizer cannot change within a run, from adam to sgd"},
      {"train.seed=2", "train.seed cannot change"},
      {"train.drop_last=true", "train.drop_last cannot change"},
      {"train.accumulate=2", "train.accumulate cannot change"},
      {"train.freeze=layer1.*", "train.freeze cannot change within a run, from [] to [layer1.*]"},
      {"data.shuffle=false", "data.shuffle cannot change"},
      {"data.limit=40", "data.limit cannot change within a run, from none to 40"},
      {"data.validation=0.2", "data.validation cannot change"},
      {"data.dataset={digits: {train: 200, test: 50}}", "the run was started with 100 training images, and data.dataset has 200 now"},
      {"model.layer1.2=tanh", "model cannot change within a run; leave it as it is, or start a new run from its weights"},
  };
  for (const auto& [key, message] : refused) {
    const std::string& set = key;  // clang 14 captures no structured binding
    CAPTURE(set);
    const Result result = resume_with(folder.path(), set);
    CHECK(result.status == 2);
    INFO(result.err);
    CHECK(contains(result.err, message));
  }
  CHECK(read_text(folder.path() / "runs/tiny/config.yaml") == config);
}

TEST_CASE("a resume may change how long and how a run trains on, and what is told") {
  const TemporaryFolder folder;
  REQUIRE(train_tiny(folder.path()).status == 0);
  int epochs = 2;
  for (const char* set : {"train.log_every=2", "train.checkpoint_every=3 steps", "train.optimizer.lr=0.001", "train.clip_grad_norm=1",
                          "train.early_stopping={patience: 9}", "train.schedule={cosine: {}}"}) {
    CAPTURE(set);
    const Result result = run_program(folder.path(), {"train", "--resume", "runs/tiny", "--threads", "1", "--set", set, "--set",
                                                      "train.epochs=" + std::to_string(++epochs)});
    INFO(result.err);
    CHECK(result.status == 0);
  }
  CHECK(lines(read_text(folder.path() / "runs/tiny/metrics.csv")).size() == 9);
}

TEST_CASE("a run's config that was edited is told, and written anew as the run has it") {
  const TemporaryFolder folder;
  REQUIRE(train_tiny(folder.path(), {"--out", "run"}).status == 0);
  const fs::path path = folder.path() / "run/config.yaml";
  const std::string config = read_text(path);
  write_text(path, config + "# mine\n");
  const Result result = run_program(folder.path(), {"train", "--resume", "run", "--threads", "1"});
  CHECK(result.status == 0);
  CHECK(contains(result.err, "warning: run/config.yaml: differs from the run's config and is written anew"));
  CHECK(read_text(path) == config);
  CHECK_FALSE(contains(run_program(folder.path(), {"train", "--resume", "run", "--threads", "1"}).err, "warning"));
}

TEST_CASE("a second process on a run's folder is refused, until the first is gone, however it ends") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  Process first(folder.path(), {"train", "tiny.yaml", "--threads", "1", "--set", "train.epochs=40", "--out", "run"});
  first.read_line();
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"train", "--resume", "run"}, {"train", "tiny.yaml", "--out", "run"}}) {
    const Result second = run_program(folder.path(), arguments);
    CHECK(second.status == 2);
    CHECK(contains(second.err, "run: another process is training in this folder"));
  }
  CHECK(run_program(folder.path(), {"eval", "run"}).status == 0);
  first.signal(SIGKILL);
  first.finish();
  CHECK(run_program(folder.path(), {"train", "--resume", "run", "--threads", "1", "--quiet"}).status == 0);
}

}  // namespace cnnctl
