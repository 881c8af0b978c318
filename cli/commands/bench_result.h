#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/runtime/model.h"

namespace cnnctl {

/// What one run of `cnnctl bench` measured.
struct BenchResult {
  std::string model;
  std::string mode;       // "train" or "eval"
  std::string precision;  // "f32" or "bf16"
  std::int64_t batch_size = 0;
  int threads = 0;
  double ms_per_step = 0;  // median
  double images_per_second = 0;
  double gflops = 0;       // GFLOP/s
  double peak_rss_mb = 0;  // MiB
  double setup_seconds = 0;
  std::string tuning{};                         // what timing convolutions took, as text; "" where nothing was timed
  std::optional<std::vector<StepTime>> layers;  // with --layers alone: a row a primitive
};

/// As `bench --json` prints it.
nlohmann::json to_json(const BenchResult& result);

/// Reads what `bench --json` wrote: an object, several of them one a line, or an array of them. Throws InputError with the path where the
/// file is something else, or too large to be that.
std::vector<BenchResult> read_bench_results(const std::string& path);

/// "mnist_convnet train f32, batch size 100, 2 threads".
std::string heading(const BenchResult& result);

}  // namespace cnnctl
