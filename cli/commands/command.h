#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace cnnctl {

/// The program's exit statuses.
enum ExitStatus : int { exit_done = 0, exit_failed = 1, exit_wrong_input = 2, exit_interrupted = 130 };

/// A subcommand: its part of the command line, and what it does when it was named there; `run` returns the exit status.
struct Command {
  CLI::App* app = nullptr;
  std::function<int()> run;
  bool computes = false;  // runs networks, on OpenMP's threads
};

}  // namespace cnnctl
