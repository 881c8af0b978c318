#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/commands/command.h"

namespace cnnctl {

struct PredictOptions {
  std::string source;  // a checkpoint, or a config with `init`
  std::vector<std::string> images;
  std::vector<std::string> sets;
  std::string init;
  std::string input;
  std::string logits;
  std::int64_t top = 1;
  int threads = 0;
  bool json = false;
};

/// `cnnctl predict`: what a network makes of images.
Command setup_predict(CLI::App& app);
int run_predict(const PredictOptions& options);

}  // namespace cnnctl
