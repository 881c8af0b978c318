#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/formats/safetensors.h"
#include "engine/runtime/choices.h"
#include "engine/training/optimizers/optimizer.h"
#include "engine/training/trainer.h"

namespace cnnctl {

/// A checkpoint as read, what its metadata say of the network taken apart.
struct Checkpoint {
  SafeTensors file;
  std::string config;
  std::vector<std::string> classes;
  Choices choices;
};

/// Throws InputError where the file has no config, or something else in its metadata is damaged.
Checkpoint read_checkpoint(const std::string& path);
/// The same of a file that was read from `path`.
Checkpoint take_apart(SafeTensors file, const std::string& path);

/// What the metadata of a last.safetensors say of the run: all of its state that is no tensor.
struct SavedState {
  Progress progress;
  std::uint64_t dropout_step = 0;
  Optimizer::Counters counters;
  std::vector<double> schedule;
  std::optional<std::int64_t> ema_updates;  // where weights are averaged
};

void add_saved_state(const SavedState& state, std::map<std::string, std::string>& metadata);

/// Every count is so small that it can be counted on. Throws InputError that names what is missing or damaged.
SavedState read_saved_state(const SafeTensors& file, const std::string& path);

/// Throws InputError: the file is none to resume from.
[[noreturn]] void no_resume(const std::string& path, const std::string& reason);

}  // namespace cnnctl
