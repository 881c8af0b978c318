#pragma once

#include <string>

#include "cli/commands/command.h"

namespace cnnctl {

struct LayersOptions {
  std::string name;  // "": everything
  bool json = false;
  bool markdown = false;
};

/// `cnnctl layers`: the reference of all that a config can hold.
Command setup_layers(CLI::App& app);
int run_layers(const LayersOptions& options);

}  // namespace cnnctl
