#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/model.h"
#include "engine/training/checkpoint_metadata.h"
#include "engine/training/ema.h"
#include "engine/training/optimizers/optimizer.h"
#include "engine/training/schedules/schedule.h"

namespace cnnctl {

/// Writes weights and running statistics alone, with the config ("config"), the classes' names ("classes", a JSON list) and how
/// convolutions were computed ("choices", where there was a choice) in the metadata: best.safetensors.
void write_best(const std::string& path, const Model& model, const std::string& config, const std::vector<std::string>& classes);

/// All that a resume needs besides the model.
struct TrainingState {
  Optimizer& optimizer;
  Schedule& schedule;
  Ema* ema;  // null where there is none
  Progress& progress;
};

/// Writes what a resume needs as well: last.safetensors. That is the optimizer's state as "optimizer.NAME.PARAMETER", and the rest of the
/// state, with dropout's, in the metadata. Where weights are averaged, the averages are what the file is to all who read weights, and what
/// they are averaged of stands under "optimizer.trained.PARAMETER".
void write_last(const std::string& path, Model& model, const std::string& config, const std::vector<std::string>& classes,
                const TrainingState& state);

/// What is said where weights do not fit on a resume.
inline constexpr std::string_view resume_advice = "resume with the network that the run was started with";

/// Restores weights and state from a last.safetensors. Throws InputError that names what is missing.
void restore(const Checkpoint& checkpoint, const std::string& path, Model& model, const TrainingState& state);

}  // namespace cnnctl
