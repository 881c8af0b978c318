#pragma once

#include <string>
#include <vector>

#include "cli/commands/command.h"

namespace cnnctl {

struct DataOptions {
  std::string config;
  std::vector<std::string> sets;
  std::string preview;  // a file, or "" for none
  bool json = false;
};

/// `cnnctl data`: what a config's dataset is like.
Command setup_data(CLI::App& app);
int run_data(const DataOptions& options);

}  // namespace cnnctl
