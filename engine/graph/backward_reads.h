#pragma once

#include <vector>

#include "engine/graph/graph.h"

namespace cnnctl {

/// By value: whether some node's backward reads it. `graph` as passes have prepared it for training.
std::vector<bool> values_read_by_backward(const Graph& graph);

}  // namespace cnnctl
