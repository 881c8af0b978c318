#include <doctest/doctest.h>

#include <filesystem>

#include "engine/formats/safetensors.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

// Checkpoints and runs' folders that somebody else made, with bad intent.

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// A run in `folder` whose last.safetensors was changed by `change`.
template <class Change>
std::string changed_run(const TemporaryFolder& folder, Change&& change) {
  REQUIRE(train_tiny(folder.path(), {"--out", "run"}).status == 0);
  const std::string path = folder.file("run/last.safetensors");
  SafeTensors file = read_safetensors(path);
  change(file);
  write_safetensors(path, file);
  return "run";
}

void replace(std::string& text, const std::string& what, const std::string& with) {
  REQUIRE(contains(text, what));
  text.replace(text.find(what), what.size(), with);
}

/// Each command that takes a checkpoint.
const std::vector<std::vector<std::string>> commands = {
    {"eval", "run"}, {"predict", "run", "--input", "images.npy"}, {"train", "--resume", "run"}};

}  // namespace

TEST_CASE("the config in a checkpoint includes no files") {
  const TemporaryFolder folder;
  write_text(folder.path() / "secret.yaml", "vars: {secret: 1}\n");
  changed_run(folder, [](SafeTensors& file) { file.metadata["config"] = "include: secret.yaml\n" + file.metadata["config"]; });
  for (const auto& command : commands) {
    const Result result = run_program(folder.path(), command);
    CHECK(result.status == 2);
    CHECK(contains(result.err, "run/last.safetensors must be complete by itself, but includes secret.yaml"));
  }
}

TEST_CASE("the config in a checkpoint makes no network larger than the tensors beside it") {
  const TemporaryFolder folder;
  changed_run(folder, [](SafeTensors& file) {
    replace(file.metadata["config"], "  - linear: {name: fc", "  - linear: {out_features: 40000, repeat: 12}\n  - linear: {name: fc");
  });
  write_text(folder.path() / "images.npy", "");
  for (const auto& command : {commands[0], commands[2]}) {
    const Result result = run_program(folder.path(), command);
    CHECK(result.status == 2);
    CHECK(contains(result.err, "weight: missing in the file, the network needs 40000x40000"));
  }
}

TEST_CASE("where a run stands is checked against its data before it goes on") {
  const auto error = [](const std::string& loss_weight) {
    const TemporaryFolder folder;
    changed_run(folder, [&](SafeTensors& file) {
      replace(file.metadata["progress"], "\"step\":0", "\"step\":6");
      replace(file.metadata["progress"], "\"loss_weight\":0.0", "\"loss_weight\":" + loss_weight);
    });
    const Result result = run_program(folder.path(), {"train", "--resume", "run"});
    CHECK(result.status == 2);
    return result.err;
  };
  CHECK(contains(error("40.0"), "'progress' in its metadata is damaged: an epoch has 5 steps, and step 6 of one is done"));
  CHECK(contains(error("0.0"), "'progress' in its metadata is damaged ('loss_weight' is no weight)"));
}

TEST_CASE("links in a run's folder lead a resume nowhere else") {
  for (const char* name : {"train.log", ".lock", "metrics.csv"}) {
    CAPTURE(name);
    const TemporaryFolder folder;
    changed_run(folder, [](SafeTensors&) {});
    write_text(folder.path() / "elsewhere", "kept\n");
    fs::remove(folder.path() / "run" / name);
    fs::create_symlink("../elsewhere", folder.path() / "run" / name);
    const Result result = run_program(folder.path(), {"train", "--resume", "run", "--set", "train.epochs=3"});
    CHECK(result.status == (std::string(name) == "metrics.csv" ? 0 : std::string(name) == ".lock" ? 2 : 1));
    CHECK(read_text(folder.path() / "elsewhere") == "kept\n");
  }
}

}  // namespace cnnctl
