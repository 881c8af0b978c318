#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "engine/runtime/model.h"
#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

Result bench_tiny(const TemporaryFolder& folder, const std::vector<std::string>& arguments) {
  write_text(folder.path() / "tiny.yaml", tiny_config());
  std::vector<std::string> words = {"bench", "tiny.yaml", "--threads", "1", "--steps", "3", "--warmup", "1"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program(folder.path(), words);
}

}  // namespace

TEST_CASE("bench --json gives its figures under fixed keys, and they agree with each other") {
  const TemporaryFolder folder;
  for (const std::string mode : {"train", "eval"}) {
    const Result result = bench_tiny(folder, {"--json", "--mode", mode, "--batch-size", "7"});
    INFO(result.err);
    REQUIRE(result.status == 0);
    REQUIRE(lines(result.out).size() == 1);
    const auto json = nlohmann::json::parse(result.out);
    CHECK(json.at("model") == "tiny");
    CHECK(json.at("mode") == mode);
    CHECK(json.at("precision") == "f32");
    CHECK(json.at("batch_size") == 7);
    CHECK(json.at("threads") == 1);
    const double ms = json.at("ms_per_step");
    CHECK(ms > 0);
    CHECK(json.at("images_per_second").get<double>() == doctest::Approx(7 / ms * 1000));
    const double macs = 4 * 25 * 144 + 144 * 10;
    CHECK(json.at("gflops").get<double>() == doctest::Approx(2 * macs * 7 * (mode == "train" ? 3 : 1) / ms / 1e6));
    CHECK(json.at("peak_rss_mb").get<double>() > 1);
    CHECK(json.at("setup_seconds").get<double>() > 0);
    CHECK_FALSE(json.contains("layers"));
  }
}

TEST_CASE("bench takes the config's batch size and needs no dataset") {
  const TemporaryFolder folder;
  const Result result = bench_tiny(folder, {"--set", "data.dataset={mnist: {root: nowhere}}"});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(contains(result.out, "tiny train f32, batch size 20, 1 thread\n"));
}

TEST_CASE("bench --layers adds a row a primitive with its layer, its implementation and its time") {
  const TemporaryFolder folder;
  CHECK(contains(bench_tiny(folder, {"--layers"}).out, "backward weights"));
  const auto json = nlohmann::json::parse(bench_tiny(folder, {"--layers", "--json"}).out);
  bool has_convolution = false;
  for (const auto& row : json.at("layers")) {
    CHECK(row.at("ms").get<double>() >= 0);
    CHECK_FALSE(row.at("implementation").get<std::string>().empty());
    has_convolution = has_convolution || (row.at("layer") == "layer1.0" && row.at("gflops").get<double>() > 0);
  }
  CHECK(has_convolution);
}

TEST_CASE("bench --layers names the sum beside the step, and every reorder") {
  const TemporaryFolder folder;
  const std::string text = bench_tiny(folder, {"--layers"}).out;
  CHECK(contains(text, "primitives take "));
  const auto json = nlohmann::json::parse(bench_tiny(folder, {"--layers", "--json"}).out);
  int reorders = 0;
  for (const auto& row : json.at("layers"))
    if (row.at("pass") == "reorder") {
      ++reorders;
      CHECK(contains(text, "  " + row.at("layer").get<std::string>() + " " + row.at("format").get<std::string>() + ", "));
    }
  CHECK(contains(text, reorders == 0 ? "no reorders" : std::to_string(reorders) + " reorder"));
}

TEST_CASE("bench --compare shows the change against a file that bench --json wrote, primitive by primitive") {
  const TemporaryFolder folder;
  write_text(folder.path() / "old.json",
             bench_tiny(folder, {"--mode", "eval", "--json"}).out + bench_tiny(folder, {"--layers", "--json"}).out);
  const Result text = bench_tiny(folder, {"--layers", "--compare", "old.json"});
  INFO(text.err);
  CHECK(text.status == 0);
  CHECK(contains(text.out, "against old.json\n"));
  CHECK(contains(text.out, "change ms"));
  const auto json = nlohmann::json::parse(bench_tiny(folder, {"--json", "--mode", "eval", "--compare", "old.json"}).out);
  CHECK(json.at("earlier").at("mode") == "eval");
  CHECK_FALSE(json.at("earlier").contains("layers"));
}

TEST_CASE("bench --compare with a file of other runs, or with no such file, is an error of status 2 before anything runs") {
  const TemporaryFolder folder;
  write_text(folder.path() / "old.json", bench_tiny(folder, {"--json"}).out);
  write_text(folder.path() / "other.json", "name: tiny\n");
  CHECK(contains(bench_tiny(folder, {"--compare", "old.json", "--batch-size", "7"}).err, "holds no run of tiny train, batch size 7"));
  for (const std::string file : {"missing.json", "other.json", ".", "/dev/zero"}) {
    const Result result = bench_tiny(folder, {"--compare", file});
    CHECK(result.status == 2);
    CHECK(contains(result.err, file + ": "));
    CHECK(result.out.empty());
  }
}

TEST_CASE("bench in bf16 says so, or that the processor does not have it") {
  const TemporaryFolder folder;
  const Result result = bench_tiny(folder, {"--precision", "bf16"});
  CHECK(result.status == (has_bf16() ? 0 : 2));
  CHECK(contains(has_bf16() ? result.out : result.err, has_bf16() ? " train bf16, batch size" : "does not multiply bfloat16"));
}

}  // namespace cnnctl
