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
  for (const auto& [name, tensor] : a.tensors) {
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

TEST_CASE("--resume of what is no run is an error of status 2") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "empty");
  for (const char* name : {"missing", "empty"}) {
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
