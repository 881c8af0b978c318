#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/sweep_grid.h"

namespace cnnctl {

/// What a run of a sweep came to.
struct SweepResult {
  std::optional<double> accuracy;  // of the last weights; none where training diverged
  double best_accuracy = 0;        // of the epochs
};

/// sweep.json, in a sweep's folder: what the sweep is, and the results so far.
class SweepRecord {
 public:
  /// Opens the record in `folder`, or begins it. Throws InputError where the one there is of another config or grid, or
  /// damaged, and where there are runs but no record.
  SweepRecord(const std::string& folder, const std::string& config, const std::vector<GridAxis>& axes, std::int64_t seeds);

  /// The result of the run of that name; nullptr where it is not done.
  const SweepResult* find(const std::string& name) const;
  /// Adds a result and writes the file.
  void add(const std::string& name, const SweepResult& result);

 private:
  void write() const;

  std::string path_;
  std::string plan_;  // JSON
  std::map<std::string, SweepResult> results_;
};

}  // namespace cnnctl
