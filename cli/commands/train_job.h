#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/inputs.h"
#include "cli/commands/run_folder.h"
#include "cli/commands/train.h"
#include "engine/experiment/experiment.h"
#include "engine/formats/safetensors.h"
#include "engine/runtime/model.h"
#include "engine/training/batch_source.h"

namespace cnnctl {

/// What a run is made of, all of it read and checked.
struct TrainJob {
  Experiment experiment;
  std::optional<RunFolder> folder;         // of a run that goes on
  std::optional<SavedExperiment> resumed;  // its experiment was moved out
  std::optional<SafeTensors> init;
  std::vector<std::string> init_summary;  // lines for the log
  std::unique_ptr<Model> model;
  std::unique_ptr<BatchSource> train;
  std::unique_ptr<BatchSource> validation;  // null where data.validation keeps none back
  std::unique_ptr<BatchSource> test;        // null where the dataset has none

  /// What is evaluated after every epoch, null where there is nothing.
  BatchSource* measured() const { return validation ? validation.get() : test.get(); }
};

/// Reads and checks everything. The data is read on other threads while this one compiles the model. Throws InputError where options do not
/// go together, or where something that they name is missing or wrong.
TrainJob load_train_job(const TrainCommandOptions& options);

}  // namespace cnnctl
