#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <thread>

#include <nlohmann/json.hpp>

#include "cli/commands/sweep_grid.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> sweep_words(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"sweep", "tiny.yaml", "--threads", "1", "--set", "train.epochs=1"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Result sweep_tiny(const fs::path& folder, const std::vector<std::string>& more) {
  write_text(folder / "tiny.yaml", tiny_config());
  return run_program(folder, sweep_words(more));
}

}  // namespace

TEST_CASE("a grid's values are split at commas outside brackets and quotes") {
  const GridAxis axis = parse_axis("train.schedule=cosine, {step: {step_size: 3, gamma: 0.5}},'a,b',[1, 2]");
  CHECK(axis.key == "train.schedule");
  CHECK(axis.values == std::vector<std::string>{"cosine", "{step: {step_size: 3, gamma: 0.5}}", "'a,b'", "[1, 2]"});
  for (const char* text : {"", "a", "=1", "a=", "a=1,,2", "a=1,2,1"}) CHECK(contains(input_error([&] { parse_axis(text); }), "--grid"));
}

TEST_CASE("a grid's runs are all combinations, each with every seed, in folders of different names") {
  const std::vector<GridRun> runs = runs_of({{"train.lr", {"0.1", "0.01"}}, {"vars.depth", {"2", "{a: /}"}}}, 2, 5);
  REQUIRE(runs.size() == 8);
  CHECK(runs[0].name == "001-lr=0.1_depth=2_seed=5");
  CHECK(runs[1].name == "002-lr=0.1_depth=2_seed=6");
  CHECK(runs[2].name == "003-lr=0.1_depth=_a_____seed=5");
  CHECK(runs[7].values == std::vector<std::string>{"0.01", "{a: /}"});
  CHECK(runs_of({}, 0, 1).size() == 1);
  CHECK(contains(input_error([] { runs_of({{"a", {"1"}}, {"a", {"2"}}}, 0, 1); }), "stands twice"));
  CHECK(contains(input_error([] { runs_of({{"train.seed", {"1", "2"}}}, 2, 1); }), "--seeds gives the seeds"));
  const std::vector<std::string> many(101, "1");
  CHECK(contains(input_error([&] { runs_of({{"a", many}, {"b", many}}, 0, 1); }), "more than 10000 runs"));
}

TEST_CASE("a sweep trains every combination and ends in a table of mean and deviation") {
  const TemporaryFolder folder;
  const std::vector<std::string> grid = {"--grid", "train.optimizer.adam.lr=0.01,0", "--seeds", "2"};
  const Result result = sweep_tiny(folder.path(), grid);
  INFO(result.err);
  REQUIRE(result.status == 0);
  const auto table = lines(result.out);
  REQUIRE(table.size() == 4);
  CHECK(table[0].starts_with("lr"));
  CHECK(contains(table[0], "test accuracy"));
  CHECK(table[2].starts_with("0.01"));
  CHECK(contains(table[2], " +- "));
  for (const char* name : {"001-lr=0.01_seed=1", "002-lr=0.01_seed=2", "003-lr=0_seed=1", "004-lr=0_seed=2"})
    CHECK(fs::exists(folder.path() / "runs/tiny-sweep" / name / "best.safetensors"));

  // Again: nothing is trained, the table is the same.
  const auto before = fs::last_write_time(folder.path() / "runs/tiny-sweep/001-lr=0.01_seed=1/last.safetensors");
  const Result again = sweep_tiny(folder.path(), grid);
  CHECK(again.out == result.out);
  CHECK(fs::last_write_time(folder.path() / "runs/tiny-sweep/001-lr=0.01_seed=1/last.safetensors") == before);
  CHECK(contains(sweep_tiny(folder.path(), {"--grid", "train.batch_size=10,20"}).err, "of another config or grid"));

  std::vector<std::string> as_json = grid;
  as_json.emplace_back("--json");
  const auto json = nlohmann::json::parse(sweep_tiny(folder.path(), as_json).out);
  REQUIRE(json.at("results").size() == 2);
  const auto& row = json.at("results")[0];
  CHECK(row.at("settings").at("train.optimizer.adam.lr") == "0.01");
  const double first = row.at("accuracies")[0], second = row.at("accuracies")[1];
  CHECK(row.at("mean").get<double>() == doctest::Approx((first + second) / 2));
  CHECK(row.at("deviation").get<double>() == doctest::Approx(std::abs(first - second) / std::sqrt(2)));
}

TEST_CASE("a run of a sweep that diverges is counted, and the others go on") {
  const TemporaryFolder folder;
  const Result result = sweep_tiny(folder.path(), {"--grid", "train.optimizer={sgd: {lr: 1e38}},{sgd: {lr: 0.01}}"});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(contains(result.err, "diverged"));
  const auto table = lines(result.out);
  REQUIRE(table.size() == 4);
  CHECK_FALSE(contains(table[2], "%"));
  CHECK(contains(table[3], "%"));
}

TEST_CASE("a mistake in any combination is an error before anything is trained") {
  const TemporaryFolder folder;
  const Result result = sweep_tiny(folder.path(), {"--grid", "train.batch_size=10,none"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "batch_size"));
  CHECK_FALSE(fs::exists(folder.path() / "runs"));
}

TEST_CASE("a sweep without test images is refused before anything is trained") {
  const TemporaryFolder folder;
  const Result result =
      sweep_tiny(folder.path(), {"--seeds", "2", "--set", "data.dataset={numpy: {train: {images: images.npy, labels: labels.npy}}}"});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "no test images"));
  CHECK_FALSE(fs::exists(folder.path() / "runs"));
}

TEST_CASE("runs in a sweep's folder that no record tells of are not taken for the sweep's") {
  const TemporaryFolder folder;
  REQUIRE(sweep_tiny(folder.path(), {"--seeds", "1"}).status == 0);
  fs::remove(folder.path() / "runs/tiny-sweep/sweep.json");
  const Result again = sweep_tiny(folder.path(), {"--seeds", "1", "--set", "train.batch_size=10"});
  CHECK(again.status == 2);
  CHECK(contains(again.err, "holds the run 001-seed=1, but no sweep.json that says of which sweep; name another folder with --out"));
}

TEST_CASE("what a sweep finds in its folder and did not write stays there") {
  const TemporaryFolder folder;
  const fs::path run = folder.path() / "runs/tiny-sweep/001-seed=1";
  fs::create_directories(run);
  write_text(run / "notes.txt", "mine");
  CHECK(sweep_tiny(folder.path(), {"--seeds", "1"}).status == 0);
  CHECK(read_text(run / "notes.txt") == "mine");
  CHECK(fs::exists(run / "last.safetensors"));
}

TEST_CASE("a sweep that is interrupted goes on within the run") {
  const TemporaryFolder folder;
  write_text(folder.path() / "tiny.yaml", tiny_config());
  const std::vector<std::string> words = {"sweep", "tiny.yaml", "--threads", "1", "--set", "train.epochs=100", "--seeds", "1"};
  const fs::path run = folder.path() / "runs/tiny-sweep/001-seed=1";
  Process process(folder.path(), words);
  while (!fs::exists(run / "last.safetensors")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  process.signal(SIGINT);
  const Result stopped = process.finish();
  INFO(stopped.err);
  REQUIRE(stopped.status == 130);
  const auto rows = lines(read_text(run / "metrics.csv")).size();
  CHECK(rows < 101);
  const Result rest = run_program(folder.path(), words);
  CHECK(rest.status == 0);
  CHECK(contains(read_text(run / "train.log"), "continuing after epoch"));
  CHECK(lines(read_text(run / "metrics.csv")).size() == 101);
}

}  // namespace cnnctl
