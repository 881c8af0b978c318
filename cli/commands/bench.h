#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/commands/command.h"

namespace cnnctl {

struct BenchOptions {
  std::string config;
  std::vector<std::string> sets;
  std::string mode = "train";
  std::int64_t batch_size = 0;  // 0: the config's
  std::int64_t steps = 20;
  std::int64_t warmup = 3;
  int threads = 0;
  std::string precision;  // the config's where empty
  bool layers = false;
  std::string compare;  // a file of earlier results; empty: none
  bool json = false;
};

/// `cnnctl bench`: how fast a network trains or evaluates here, on random data.
Command setup_bench(CLI::App& app);
int run_bench(const BenchOptions& options);

}  // namespace cnnctl
