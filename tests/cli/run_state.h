#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/formats/safetensors.h"

namespace cnnctl {

/// What a run's folder holds, times and rates aside: what has to be the same after a kill and a resume.
struct RunState {
  std::map<std::string, SafeTensors> checkpoints;  // best and last
  std::vector<std::string> metrics;                // rows of metrics.csv
  std::vector<std::string> results;                // the lines of train.log with results
  std::string config;
};

RunState read_run(const std::filesystem::path& folder);

/// Fails the running test where the two differ.
void check_same(const RunState& state, const RunState& expected);

/// Names of temporary files in a folder.
std::vector<std::string> temporary_files(const std::filesystem::path& folder);

}  // namespace cnnctl
