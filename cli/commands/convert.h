#pragma once

#include <string>

#include "cli/commands/command.h"

namespace cnnctl {

struct ConvertOptions {
  std::string input;
  std::string output;
};

/// `cnnctl convert`: writes the tensors of a file of weights in the other form, PyTorch's or safetensors.
Command setup_convert(CLI::App& app);
int run_convert(const ConvertOptions& options);

}  // namespace cnnctl
