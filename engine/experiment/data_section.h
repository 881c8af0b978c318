#pragma once

#include "engine/experiment/experiment.h"

namespace cnnctl {

/// Reads `data` (null where the config has none), its vars already replaced. `channels`: the network's, 0 where unknown.
DataSpec read_data(const Value& data, const Place& place, std::int64_t channels, const Tables& tables, Diagnostics& diagnostics);

}  // namespace cnnctl
