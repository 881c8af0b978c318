#pragma once

#include "cli/commands/train.h"
#include "engine/experiment/experiment.h"
#include "engine/runtime/model.h"
#include "engine/training/batch_source.h"

namespace cnnctl {

/// `cnnctl train --lr-find`: a range test of the learning rate, written into a folder of its own as lr_find.csv (a header line, then a row
/// an update: lr, loss, smoothed_loss), with a suggestion. Returns the exit status.
int run_lr_find(const TrainCommandOptions& options, const Experiment& experiment, Model& model, BatchSource& train);

}  // namespace cnnctl
