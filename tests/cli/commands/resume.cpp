#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "engine/formats/safetensors.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// 40 epochs of 5 steps: more lines than the pipe holds, so that the run cannot end before a test has read them.
const std::vector<std::string> long_run = {"train", "tiny.yaml", "--threads", "1", "--set", "train.epochs=40", "--out", "run"};

void check_same_weights(const fs::path& one, const fs::path& other) {
  const SafeTensors a = read_safetensors((one / "last.safetensors").string());
  const SafeTensors b = read_safetensors((other / "last.safetensors").string());
  REQUIRE(a.tensors.size() == b.tensors.size());
  for (const auto& [key, tensor] : a.tensors) {
    const std::string& name = key;  // clang 14 captures no structured binding
    CAPTURE(name);
    CHECK(tensor.values == b.tensors.at(name).values);
  }
}

}  // namespace

TEST_CASE("a run resumed with more epochs equals one that was never stopped") {
  const TemporaryFolder folder;
  const auto whole = lines(train_tiny(folder.path(), {"--set", "train.epochs=4", "--out", "whole"}).out);
  REQUIRE(train_tiny(folder.path(), {"--out", "parts"}).status == 0);
  const Result rest = run_program(folder.path(), {"train", "--resume", "parts", "--set", "train.epochs=4", "--threads", "1"});
  INFO(rest.err);
  REQUIRE(rest.status == 0);
  REQUIRE(whole.size() == 21);
  CHECK(lines(rest.out) == std::vector<std::string>(whole.begin() + 10, whole.end()));
  check_same_weights(folder.path() / "whole", folder.path() / "parts");
  CHECK(lines(read_text(folder.path() / "parts/metrics.csv")).size() == 5);
  CHECK(contains(read_text(folder.path() / "parts/config.yaml"), "epochs: 4"));
}

TEST_CASE("a run with every part of a recipe resumes to the bit, from an epoch's end and from within one") {
  const TemporaryFolder folder;
  const std::vector<std::string> recipe = {"--set", "train.optimizer={nadam: {lr: 0.01, weight_decay: 0.1}}",
                                           "--set", "train.schedule={one_cycle: {warmup: 3 steps}}",
                                           "--set", "train.accumulate=2",
                                           "--set", "train.clip_grad_norm=0.5",
                                           "--set", "train.clip_grad_value=0.1",
                                           "--set", "train.ema=0.9",
                                           "--set", "train.no_decay=[norms, biases]",
                                           "--set", "train.groups={'fc.*': {lr: 0.02}}",
                                           "--set", "train.freeze=layer1.0.weight",
                                           "--set", "train.early_stopping={patience: 50}",
                                           "--set", "train.loss={cross_entropy: {label_smoothing: 0.1}}",
                                           "--set", "train.epochs=40"};
  const auto train = [&](std::vector<std::string> words) {
    words.insert(words.end(), recipe.begin(), recipe.end());
    return words;
  };
  const Result whole = train_tiny(folder.path(), train({"--out", "whole"}));
  INFO(whole.err);
  REQUIRE(whole.status == 0);
  Process process(folder.path(), train({"train", "tiny.yaml", "--threads", "1", "--out", "run"}));
  const std::string first_line = process.read_line();
  process.signal(SIGINT);
  const Result stopped = process.finish();
  REQUIRE(stopped.status == 130);
  const Result rest = run_program(folder.path(), {"train", "--resume", "run", "--threads", "1"});
  INFO(rest.err);
  REQUIRE(rest.status == 0);
  CHECK(lines(first_line + "\n" + stopped.out + rest.out) == lines(whole.out));
  check_same_weights(folder.path() / "whole", folder.path() / "run");
  const Result evaluated = run_program(folder.path(), {"eval", "run"});
  CHECK(lines(evaluated.out).back() == lines(whole.out).back());  // the averages are what the file's weights are
}

TEST_CASE("plateau and early stopping count on where a run was stopped") {
  const TemporaryFolder folder;
  const std::vector<std::string> recipe = {"--set", "train.schedule={plateau: {patience: 0, threshold: 0.5, factor: 0.5}}", "--set",
                                           "train.early_stopping={patience: 4, min_delta: 0.9}"};
  const auto train = [&](std::vector<std::string> words) {
    words.insert(words.end(), recipe.begin(), recipe.end());
    return train_tiny(folder.path(), words);
  };
  const Result whole = train({"--set", "train.epochs=20", "--out", "whole"});
  REQUIRE(whole.status == 0);
  CHECK(contains(whole.err, "stopped early: 4 epochs were no better than the best"));
  CHECK(lines(read_text(folder.path() / "whole/metrics.csv")).size() == 6);
  REQUIRE(train({"--set", "train.epochs=3", "--out", "parts"}).status == 0);
  const Result rest = run_program(folder.path(), {"train", "--resume", "parts", "--set", "train.epochs=20", "--threads", "1"});
  CHECK(rest.status == 0);
  check_same_weights(folder.path() / "whole", folder.path() / "parts");
  const Result again = run_program(folder.path(), {"train", "--resume", "parts", "--threads", "1"});
  CHECK(contains(again.err, "the run is finished: it stopped early, after 5 epochs. To train on: --set train.early_stopping.patience=8"));
}

TEST_CASE("a resumed run computes as it did before, whatever the cache says by then") {
  const TemporaryFolder folder;
  std::string config = tiny_config();
  config.replace(config.find("  - flatten"), 0,
                 "  - conv: {out_channels: 16, kernel_size: 3, padding: 1}\n  - conv: {out_channels: 16, kernel_size: 3}\n");
  write_text(folder.path() / "two_ways.yaml", config);
  const auto train = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {"train", "--threads", "1", "--set", "train.epochs=4"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Result result = run_program(folder.path(), words);
    INFO(result.err);
    REQUIRE(result.status == 0);
    return result;
  };
  const Result first = train({"two_ways.yaml", "--out", "whole"});
  CHECK(contains(first.err, "tuning: 5 choices timed in "));
  const std::string choices = read_text(folder.path() / "whole/choices.json");

  const auto entry = fs::directory_iterator(folder.path() / "cache/cnnctl");
  CHECK(read_text(entry->path()) == choices);
  std::string other = choices;
  for (std::size_t at = 0; (at = other.find("\": \"", at + 1)) != std::string::npos;) {
    const std::size_t begin = at + 4, size = other.find('"', begin) - begin;
    const std::string name = other.substr(begin, size);
    if (name == "direct" || name.find("winograd") != std::string::npos)
      other.replace(begin, size, name == "direct" ? "winograd" : "direct");
  }
  REQUIRE(other != choices);

  train({"two_ways.yaml", "--set", "train.epochs=2", "--out", "parts"});
  write_text(entry->path(), other);
  const Result rest = train({"--resume", "parts"});
  CHECK_FALSE(contains(rest.err, "tuning:"));
  CHECK(read_text(folder.path() / "parts/choices.json") == choices);
  check_same_weights(folder.path() / "whole", folder.path() / "parts");
  train({"two_ways.yaml", "--out", "fresh"});
  CHECK(read_text(folder.path() / "fresh/choices.json") == other);
  train({"two_ways.yaml", "--set", "train.deterministic=true", "--out", "deterministic"});
  CHECK_FALSE(fs::exists(folder.path() / "deterministic/choices.json"));
  CHECK_FALSE(contains(train({"two_ways.yaml", "--set", "train.tune=false", "--out", "rule"}).err, "tuning:"));
  CHECK_FALSE(contains(read_text(folder.path() / "rule/choices.json"), "direct"));
}

TEST_CASE("resuming a finished run says so and ends in its accuracy line") {
  const TemporaryFolder folder;
  const Result first = train_tiny(folder.path());
  const Result again = run_program(folder.path(), {"train", "--resume", "runs/tiny", "--threads", "1"});
  CHECK(again.status == 0);
  CHECK(contains(again.err, "the run is finished"));
  CHECK(again.out == lines(first.out).back() + "\n");
}

TEST_CASE("Ctrl-C finishes the step, saves and exits with 130; the resumed run equals an undisturbed one") {
  const TemporaryFolder folder;
  const auto whole = lines(train_tiny(folder.path(), {"--set", "train.epochs=40", "--out", "whole"}).out);
  for (const int number : {SIGINT, SIGTERM}) {
    CAPTURE(number);
    fs::remove_all(folder.path() / "run");
    Process process(folder.path(), long_run);
    const std::string first_line = process.read_line();
    process.signal(number);
    const Result stopped = process.finish();
    INFO(stopped.err);
    REQUIRE(stopped.status == 130);
    CHECK(contains(stopped.err, "cnnctl train --resume run"));
    CHECK(run_program(folder.path(), {"eval", "run"}).status == 0);

    auto seen = lines(first_line + "\n" + stopped.out);
    CHECK(seen.size() < whole.size());
    const Result rest = run_program(folder.path(), {"train", "--resume", "run", "--threads", "1"});
    INFO(rest.err);
    REQUIRE(rest.status == 0);
    for (const std::string& line : lines(rest.out)) seen.push_back(line);
    REQUIRE(seen == whole);
    check_same_weights(folder.path() / "whole", folder.path() / "run");
  }
}

TEST_CASE("a second Ctrl-C ends the program at once") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  Process process(folder.path(), long_run);
  process.read_line();
  CHECK(process.signal_until_gone(SIGINT) == 130);
}

TEST_CASE("a reader of standard output that goes away stops the run like Ctrl-C") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  Process process(folder.path(), long_run);
  process.read_line();
  process.close_output();
  const Result result = process.finish();
  CHECK(result.status == 130);
  CHECK(run_program(folder.path(), {"eval", "run"}).status == 0);
}

TEST_CASE("what --set changes on a resume stays changed, also where the process is killed before its next checkpoint") {
  const TemporaryFolder folder;
  REQUIRE(train_tiny(folder.path(), {"--out", "run"}).status == 0);
  Process process(folder.path(), {"train", "--resume", "run", "--threads", "1", "--set", "train.epochs=200", "--set", "train.log_every=1"});
  process.read_line();
  process.signal(SIGKILL);
  process.finish();
  const Result rest = run_program(folder.path(), {"train", "--resume", "run", "--threads", "1", "--set", "train.log_every=100"});
  INFO(rest.err);
  CHECK(rest.status == 0);
  CHECK(lines(read_text(folder.path() / "run/metrics.csv")).size() == 201);
}

TEST_CASE("--resume of what is no run is an error of status 2") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "empty");
  for (const std::string& name : {std::string("missing"), std::string("empty"), std::string(300, 'x')}) {
    const Result result = run_program(folder.path(), {"train", "--resume", name});
    CHECK(result.status == 2);
    CHECK(contains(result.err, name));
  }
  CHECK(run_program(folder.path(), {"train", "tiny.yaml", "--resume", "empty"}).status == 2);
  write_text(folder.path() / "empty" / "last.safetensors", "");
  CHECK(contains(run_program(folder.path(), {"train", "--resume", "empty/last.safetensors"}).err,
                 "--resume empty/last.safetensors: is a file; name the run's folder, empty"));
  CHECK(run_program(folder.path(), {"train"}).status == 2);
}

}  // namespace cnnctl
