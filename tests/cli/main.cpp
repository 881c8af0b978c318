#include <doctest/doctest.h>

#include <sys/wait.h>

#include <cstdlib>

#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

Result run_here(const std::vector<std::string>& arguments) {
  const TemporaryFolder folder;
  return run_program(folder.path(), arguments);
}

}  // namespace

TEST_CASE("without a command the help is shown and the exit status is 2") {
  const Result result = run_here({});
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK(contains(result.err, "a command is needed"));
  CHECK(contains(result.err, "shape-check"));
}

TEST_CASE("--version tells oneDNN's version and instruction set") {
  const Result result = run_here({"--version"});
  CHECK(result.status == 0);
  CHECK(result.out.starts_with("cnnctl 0.1.0 (oneDNN "));
  CHECK(contains(result.out, ", "));
  CHECK(result.out.ends_with(")\n"));
}

TEST_CASE("--version and --help to a full disk are an error") {
  for (const std::string option : {"--version", "--help"}) {
    const int status = std::system((std::string("exec '" CNNCTL_BINARY "' ") + option + " >/dev/full 2>&1").c_str());
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 1);
  }
}

TEST_CASE("an option's wrong value is an error that says what it takes") {
  const auto error_of = [](const std::vector<std::string>& arguments) {
    const Result result = run_here(arguments);
    CHECK(result.status == 2);
    return lines(result.err).front();
  };
  const std::string number = "cnnctl: error: --threads: takes a whole number from 1 to 4096, not '";
  for (const std::string threads : {"abc", "0", "4097", "2.5", "99999999999999999999", ""})
    CHECK(error_of({"train", "net.yaml", "--threads", threads}) == number + threads + "'");
  CHECK(error_of({"eval", "run", "--split", "tset"}) ==
        "cnnctl: error: --split: takes test or train or validation, not 'tset'; did you mean 'test'?");
  CHECK(error_of({"train", "net.yaml", "--threads"}) == "cnnctl: error: --threads needs a value");
  for (const std::string option : {"--out", "--init", "--resume"})
    CHECK(error_of({"train", "--threads", "1", option, ""}) == "cnnctl: error: " + option + ": takes a name, which is empty here");
  CHECK(error_of({"shape-check", "net.yaml", "--dot", ""}) == "cnnctl: error: --dot: takes a name, which is empty here");
}

TEST_CASE("--help of the program and of every command is printed on standard output with examples") {
  for (const std::string command : {"", "train", "eval", "shape-check", "data", "predict", "bench", "layers"}) {
    CAPTURE(command);
    const Result result = command.empty() ? run_here({"--help"}) : run_here({command, "--help"});
    CHECK(result.status == 0);
    CHECK(result.err.empty());
    CHECK(contains(result.out, "Examples:\n  cnnctl " + command));
  }
}

TEST_CASE("commands of later versions are not offered") {
  for (const std::string command : {"schema", "export", "report"}) CHECK(contains(run_here({command}).err, "unknown command"));
}

TEST_CASE("an unknown command is an error with a suggestion") {
  const Result result = run_here({"trian", "net.yaml"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "cnnctl: error: unknown command 'trian'; did you mean 'train'?"));
  CHECK(contains(run_here({"help"}).err, "write 'cnnctl --help'"));
}

TEST_CASE("an unknown option is an error with a suggestion from its command") {
  const Result result = run_here({"train", "net.yaml", "--sett=train.epochs=1"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "unknown option '--sett' for train; did you mean '--set'?"));
  CHECK(contains(result.err, "'cnnctl train --help'"));
  CHECK(contains(run_here({"train", "net.yaml", "--epochs", "3"}).err,
                 "unknown option '--epochs' for train; the config has it: --set train.epochs=VALUE"));
  CHECK(contains(run_here({"train", "net.yaml", "--threads", "1", "--threads", "2"}).err, "--threads is given twice"));
}

TEST_CASE("a missing argument, a value out of range and a word too many are errors of status 2") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"eval"}, {"bench", "net.yaml", "--steps", "0"}, {"shape-check", "a.yaml", "b.yaml"}}) {
    const Result result = run_here(arguments);
    CHECK(result.status == 2);
    CHECK(result.err.starts_with("cnnctl: error: "));
  }
}

TEST_CASE("a config that does not exist is an error of status 2 for every command that takes one") {
  for (const std::string command : {"train", "shape-check", "data", "bench"}) {
    const Result result = run_here({command, "missing.yaml"});
    CHECK(result.status == 2);
    CHECK(contains(result.err, "missing.yaml"));
    CHECK(result.out.empty());
  }
}

TEST_CASE("all mistakes of a config are shown with their places") {
  const TemporaryFolder folder;
  write_text(folder.path() / "net.yaml",
             "input: [1, 28, 28]\nmodel:\n  - conv: {out_chanels: 4, kernel_size: 5}\n  - flatten\n  - liner: {out_features: 10}\n");
  const Result result = run_program(folder.path(), {"shape-check", "net.yaml"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "net.yaml:3:12: error: "));
  CHECK(contains(result.err, "net.yaml:5:5: error: "));
  CHECK(contains(result.err, "^~~~"));
  CHECK_FALSE(contains(result.err, "\033["));
}

TEST_CASE("--set on a key that does not exist is an error that points at it") {
  const TemporaryFolder folder;
  const Result result = train_tiny(folder.path(), {"--set", "train.epoch=1"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "--set"));
  CHECK(contains(result.err, "did you mean 'epochs'?"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "runs"));
}

TEST_CASE("a closed standard output is an error, and no file of the run takes its place") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  const std::string command =
      "cd '" + folder.path().string() + "' && exec '" CNNCTL_BINARY "' train tiny.yaml --threads 1 --out run >&- 2>&-";
  const int status = std::system(command.c_str());
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
  CHECK_FALSE(contains(read_text(folder.path() / "run" / "metrics.csv"), "Loss"));
}

}  // namespace cnnctl
