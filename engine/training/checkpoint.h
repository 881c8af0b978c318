#pragma once

#include <string>

#include "engine/formats/safetensors.h"
#include "engine/runtime/model.h"
#include "engine/training/optimizers/optimizer.h"
#include "engine/training/trainer.h"

namespace cnnctl {

/// Writes weights and running statistics alone, with the config ("config"), the classes' names ("classes", a JSON list) and how
/// convolutions were computed ("choices", where there was a choice) in the metadata: best.safetensors.
void write_best(const std::string& path, const Model& model, const std::string& config, const std::vector<std::string>& classes);

/// Writes what a resume needs as well: the optimizer's state as "optimizer.NAME.PARAMETER", and Progress and dropout's state in the
/// metadata: last.safetensors.
void write_last(const std::string& path, const Model& model, const std::string& config, const std::vector<std::string>& classes,
                Optimizer& optimizer, const Progress& progress);

/// A checkpoint as read, its metadata taken apart. Throws InputError where it has no config.
struct Checkpoint {
  SafeTensors file;
  std::string config;
  std::vector<std::string> classes;
  Choices choices;
};
Checkpoint read_checkpoint(const std::string& path);

/// Restores weights, optimizer and progress from a last.safetensors. Throws InputError that names what is missing.
Progress restore(const Checkpoint& checkpoint, const std::string& path, Model& model, Optimizer& optimizer);

}  // namespace cnnctl
