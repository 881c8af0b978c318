#pragma once

#include <optional>
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
  bool lr_find = false;
  int threads = 0;
  bool quiet = false;
  bool silent = false;  // writes files alone
  bool json = false;
};

/// `cnnctl train`: trains a network as a config says, into a run's folder, or goes on with a run.
Command setup_train(CLI::App& app);
int run_train(const TrainCommandOptions& options);

/// What a run came to.
struct TrainResult {
  int status = exit_done;
  std::optional<double> accuracy;  // of the last weights on the test images; none where there are none
  double best_accuracy = 0;        // of the epochs
};

/// Trains as run_train does, but for --lr-find.
TrainResult train(const TrainCommandOptions& options);

}  // namespace cnnctl
