#include "cli/commands/bench_comparison.h"

#include <doctest/doctest.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/cli/process.h"
#include "tests/support/input_error.h"
#include "tests/support/temporary_folder.h"

namespace cnnctl {
namespace {

BenchResult result_of(const std::string& model, const std::string& mode, std::int64_t batch_size) {
  return {.model = model,
          .mode = mode,
          .precision = "f32",
          .batch_size = batch_size,
          .threads = 2,
          .ms_per_step = 8,
          .images_per_second = 1000,
          .gflops = 100,
          .peak_rss_mb = 50,
          .setup_seconds = 0.5,
          .layers = std::nullopt};
}

StepTime step_of(const std::string& layer, const std::string& pass, double milliseconds, const std::string& implementation = "jit") {
  return {layer, pass, implementation, "nChw8c", milliseconds, 0};
}

std::vector<BenchResult> read_back(const std::string& text) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "bench.json").string();
  write_text(path, text);
  return read_bench_results(path);
}

/// The line of a text that starts with `start`.
std::string line_of(const std::string& text, const std::string& start) {
  for (const std::string& line : lines(text))
    if (line.starts_with(start)) return line;
  return "";
}

}  // namespace

TEST_CASE("results are read back as they were written: one object, one a line, or an array") {
  BenchResult first = result_of("net", "train", 100);
  first.layers = {step_of("conv", "forward", 1.5)};
  const BenchResult second = result_of("net", "eval", 100);
  const std::string a = to_json(first).dump(), b = to_json(second).dump();
  for (const std::string& text : {a + "\n" + b + "\n", "[" + a + ",\n" + b + "]", a + "\n\n  " + b}) {
    const std::vector<BenchResult> results = read_back(text);
    REQUIRE(results.size() == 2);
    CHECK(to_json(results[0]) == to_json(first));
    CHECK(to_json(results[1]) == to_json(second));
  }
  REQUIRE(read_back(to_json(first).dump(2)).size() == 1);
}

TEST_CASE("a file that holds no results is refused, and the message says what is missing and what was expected") {
  const auto error_of = [](const std::string& text) { return input_error([&] { read_back(text); }); };
  const std::string good = to_json(result_of("net", "train", 100)).dump();
  const auto with = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json json = nlohmann::json::parse(good);
    json[key] = value;
    return json.dump();
  };
  for (const std::string text : {"", "[]", "\n\n"}) CHECK(contains(error_of(text), "holds no run"));
  CHECK(contains(error_of("layer  pass\n"), "line 1 is no JSON"));
  CHECK(contains(error_of(good + "\n" + good.substr(0, 40)), "line 2 is no JSON"));
  CHECK(contains(error_of("3"), "entry 1 is no object"));
  CHECK(contains(error_of("[" + good + ", 7]"), "entry 2 is no object"));
  CHECK(contains(error_of("{}"), "entry 1 has no model"));
  CHECK(contains(error_of(with("model", 7)), "entry 1's model is no text"));
  for (const nlohmann::json& value : {nlohmann::json("8"), nlohmann::json(-1.0), nlohmann::json(nullptr)})
    CHECK(contains(error_of(with("ms_per_step", value)), "entry 1's ms_per_step is no number from 0"));
  CHECK(contains(error_of(with("ms_per_step", 0)), "entry 1's ms_per_step is 0"));
  for (const nlohmann::json& value : {nlohmann::json(1.5), nlohmann::json(-3), nlohmann::json(std::uint64_t{1} << 40U)})
    CHECK(contains(error_of(with("batch_size", value)), "entry 1's batch_size is no whole number"));
  CHECK(contains(error_of(with("layers", 1)), "entry 1's layers is no array"));
  CHECK(contains(error_of(with("layers", {{{"layer", "a"}}})), "row 1 of entry 1's layers has no pass"));
  CHECK(contains(error_of("3"), "'cnnctl bench CONFIG --json'"));
}

TEST_CASE("nested brackets without end are refused, however deep") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK_FALSE(input_error([&] { read_back(deep); }).empty());
}

TEST_CASE("the run of the same model, mode and batch size is compared with, the latest, of the same threads where there is one") {
  std::vector<BenchResult> earlier = {result_of("net", "train", 100), result_of("net", "train", 100), result_of("net", "train", 100),
                                      result_of("net", "eval", 100), result_of("net", "train", 10)};
  earlier[2].threads = 1;
  for (std::size_t i = 0; i < earlier.size(); ++i) earlier[i].peak_rss_mb = static_cast<double>(i);
  BenchResult wanted = result_of("net", "train", 100);
  CHECK(find_comparable(earlier, wanted, "old.json").peak_rss_mb == 1);
  wanted.threads = 1;
  CHECK(find_comparable(earlier, wanted, "old.json").peak_rss_mb == 2);
  wanted.mode = "eval";
  CHECK(find_comparable(earlier, wanted, "old.json").peak_rss_mb == 3);
  wanted.batch_size = 7;
  const std::string error = input_error([&] { find_comparable(earlier, wanted, "old.json"); });
  CHECK(contains(error, "--compare old.json: holds no run of net eval, batch size 7; it holds:"));
  CHECK(contains(error, "\n  net train f32, batch size 10, 2 threads"));
}

TEST_CASE("a comparison shows each figure before, now, and its change") {
  const BenchResult earlier = result_of("net", "train", 100);
  BenchResult now = earlier;
  now.ms_per_step = 6;
  now.peak_rss_mb = 55;
  const std::string text = comparison_text(earlier, now, "old.json");
  CHECK(text.starts_with("against old.json\n"));
  CHECK(line_of(text, "ms a step") == "ms a step            8.000   6.000  -25.0 %");
  CHECK(line_of(text, "peak memory") == "peak memory, MB       50.0    55.0  +10.0 %");
  CHECK_FALSE(contains(text, "note"));
  now.threads = 1;
  CHECK(contains(comparison_text(earlier, now, "old.json"), "note: the earlier run was another: net train f32, batch size 100, 2 threads"));
}

TEST_CASE("a comparison with layers pairs them by layer and pass, what changed most first, and shows what came and went") {
  BenchResult earlier = result_of("net", "train", 100), now = earlier;
  now.layers = {step_of("a", "forward", 1.0), step_of("b", "forward", 2.0, "cnnctl"), step_of("b", "forward", 0.5),
                step_of("c", "reorder", 0.25)};
  CHECK(contains(comparison_text(earlier, now, "old.json"), "note: the earlier run holds no layers"));
  earlier.layers = {step_of("a", "forward", 1.1), step_of("b", "forward", 4.0), step_of("b", "forward", 0.5), step_of("d", "forward", 1.0)};
  const std::string text = comparison_text(earlier, now, "old.json");
  const std::vector<std::string> all = lines(text);
  const auto titles = std::find_if(all.begin(), all.end(), [](const std::string& line) { return line.starts_with("layer"); });
  REQUIRE(all.end() - titles > 6);
  CHECK(titles[2] == "b      forward  jit -> cnnctl   nChw8c       4.000  2.000     -2.000  -50.0 %");
  CHECK(titles[3] == "d      forward  jit             nChw8c       1.000            -1.000     gone");
  CHECK(titles[4] == "c      reorder  jit             nChw8c              0.250     +0.250      new");
  CHECK(titles[5] == "a      forward  jit             nChw8c       1.100  1.000     -0.100   -9.1 %");
  CHECK(titles[6] == "b      forward  jit             nChw8c       0.500  0.500     +0.000   +0.0 %");
  CHECK(contains(text, "primitives took 6.600 ms and take 3.750 ms"));
}

}  // namespace cnnctl
