#pragma once

#include <cstdint>
#include <vector>

#include "engine/graph/graph.h"

namespace cnnctl {

/// What a node puts into memory for the backward pass, in bytes for a batch of one image.
struct BackwardMemory {
  std::int64_t kept = 0;       // its value where some backward reads that, and what its forward writes for its backward alone
  std::int64_t own = 0;        // of that what its own backward reads
  std::int64_t gradients = 0;  // of its value and of its inputs, while its backward runs
  bool reads_inputs = false;   // whether its backward reads values that earlier nodes wrote
};

/// By node. `graph` as passes have prepared it for training.
std::vector<BackwardMemory> backward_memory(const Graph& graph);

}  // namespace cnnctl
