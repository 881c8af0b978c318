#pragma once

#include "engine/experiment/experiment.h"

namespace cnnctl {

/// Reads `train` (null where the config has none: then everything has its default), its vars already replaced.
TrainSpec read_train(const Value& train, const Place& place, const Tables& tables, Diagnostics& diagnostics);

/// Freezes what train.freeze says. Reports the patterns in train that match no parameter of the network, and where nothing is left to
/// train.
void apply_patterns(const TrainSpec& train, Graph& graph, Diagnostics& diagnostics);

}  // namespace cnnctl
