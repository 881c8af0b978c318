#pragma once

#include <string>
#include <vector>

#include "cli/commands/command.h"

namespace cnnctl {

struct EvalOptions {
  std::string checkpoint;
  std::vector<std::string> sets;
  std::string split = "test";
  std::string precision;  // the checkpoint's where empty
  int threads = 0;
  bool json = false;
};

/// `cnnctl eval`: how well a checkpoint does on a split of its dataset.
Command setup_eval(CLI::App& app);
int run_eval(const EvalOptions& options);

}  // namespace cnnctl
