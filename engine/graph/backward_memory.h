#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/graph/graph.h"

namespace cnnctl {

/// What an op's backward reads besides the gradient of its output and its parameters.
struct Needs {
  bool inputs = false;
  bool output = false;
};

Needs backward_needs(const Node& node);

/// Whether the gradient by its weights is a primitive of its own, which alone reads the input.
bool has_weights(const Op& op);

/// Whether the gradient of its input may stand where the gradient of its output stood.
bool changes_gradient(const Op& op);

/// The node's op where it is a batch norm with a residual sum.
const BatchNorm* residual_norm(const Node& node);

/// The inputs that a node's backward reads: what weights alone are multiplied with only where they are trained.
std::span<const ValueId> kept_inputs(const Graph& graph, const Node& node);

/// Whether a sum or a product has a relu joined to it.
bool has_relu_behind(const Node& node);

/// Whether the gradient of a node's input is written over that input: of a norm with a pooling behind a convolution, which does not read
/// its result again.
bool overwrites_input(const Graph& graph, const std::vector<int>& readers, const Node& node);

/// Bytes that a node's forward writes for its backward alone: masks, indices and statistics.
std::int64_t workspace_bytes(const Graph& graph, const Node& node, std::int64_t batch_size);

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
