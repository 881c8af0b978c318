#pragma once

#include <string>
#include <string_view>

#include "engine/formats/descriptor.h"

namespace cnnctl {

/// The folder of a run with its files: config.yaml, train.log, metrics.csv, choices.json, best.safetensors, last.safetensors. While this
/// lives, no other process can have it: a lock on the file .lock in it, which ends with the process, however that ends. (Where a file
/// system has no locks, nothing keeps others out.)
class RunFolder {
 public:
  /// Makes the folder of a new run: `out`, or where that is empty runs/NAME, runs/NAME-2, ... of which the first that is free is taken,
  /// also while other runs start. What a process left that was killed before its first checkpoint is removed. Throws InputError where `out`
  /// holds a run, another process has it, or nothing can be made there.
  static RunFolder create(const std::string& out, const std::string& name);

  /// The folder of a run that goes on; removes what a killed process left half-written. Throws InputError where another process has it or
  /// nothing can be written there.
  static RunFolder open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const;
  /// Replaces a file by `text`. Throws std::runtime_error with its path.
  void write(const std::string& name, std::string_view text) const;

 private:
  explicit RunFolder(std::string path);

  std::string path_;
  Descriptor lock_;
};

}  // namespace cnnctl
