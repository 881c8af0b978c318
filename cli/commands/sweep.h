#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/commands/command.h"

namespace cnnctl {

struct SweepOptions {
  std::string config;
  std::vector<std::string> sets;
  std::vector<std::string> grid;  // KEY=VALUE,VALUE
  std::int64_t seeds = 0;         // 0: the config's alone
  std::string out;
  int threads = 0;
  bool json = false;
};

/// `cnnctl sweep`: trains a config with every combination of some values, one run after another, and compares them.
Command setup_sweep(CLI::App& app);
int run_sweep(const SweepOptions& options);

}  // namespace cnnctl
