#pragma once

#include "engine/experiment/experiment.h"

namespace cnnctl {

/// Reads `train` (null where the config has none: then everything has its default), its vars already replaced.
TrainSpec read_train(const Value& train, const Place& place, const Tables& tables, Diagnostics& diagnostics);

}  // namespace cnnctl
