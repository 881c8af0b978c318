#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace cnnctl {

/// The folder of a run with its files: config.yaml, train.log, metrics.csv, choices.json, best.safetensors, last.safetensors.
class RunFolder {
 public:
  /// Makes the folder of a new run and writes `config` into it: `out`, or where that is empty runs/NAME, runs/NAME-2, ... of which the
  /// first that is free is taken, also while other runs start. Throws InputError where `out` holds a run or nothing can be made there.
  static RunFolder create(const std::string& out, const std::string& name, const std::string& config);

  /// The folder of a run that goes on: `config` replaces what stood there.
  static RunFolder reopen(const std::string& path, const std::string& config);

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const;
  /// Replaces a file by `text`. Throws std::runtime_error with its path.
  void write(const std::string& name, std::string_view text) const;

 private:
  explicit RunFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace cnnctl
