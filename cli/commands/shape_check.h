#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/commands/command.h"
#include "cli/commands/shape_table.h"

namespace cnnctl {

struct ShapeCheckOptions {
  std::string config;
  std::vector<std::string> sets;
  std::int64_t batch_size = 0;  // 0: the config's
  int depth = every_level;
  std::string dot;  // a file, "-" for standard output, or "" for none
  bool json = false;
};

/// `cnnctl shape-check`: what a network is made of, without running it.
Command setup_shape_check(CLI::App& app);
int run_shape_check(const ShapeCheckOptions& options);

}  // namespace cnnctl
