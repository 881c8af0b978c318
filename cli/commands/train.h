#pragma once

#include <string>
#include <vector>

#include "cli/commands/command.h"

namespace cnnctl {

struct TrainCommandOptions {
  std::string config;
  std::string resume;  // a run's folder, instead of a config
  std::vector<std::string> sets;
  std::string init;
  std::vector<std::string> init_except;
  std::string out;
  int threads = 0;
  bool quiet = false;
  bool json = false;
};

/// `cnnctl train`: trains a network as a config says, into a run's folder, or goes on with a run.
Command setup_train(CLI::App& app);
int run_train(const TrainCommandOptions& options);

}  // namespace cnnctl
