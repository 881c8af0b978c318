#pragma once

#include <cstdint>

#include "engine/graph/graph.h"

namespace cnnctl {

/// Elements of all trainable parameters, and of those that are frozen.
std::int64_t parameter_count(const Graph& graph);

/// Elements of the parameters that are frozen.
std::int64_t frozen_count(const Graph& graph);

/// Multiply-accumulates per image, of convolutions and linear layers, as torchvision counts them. Throws ShapeError on overflow.
std::int64_t macs_per_image(const Graph& graph);

/// Multiply-accumulates per image of one convolution from its input and output shapes: every output element takes as many as its filter
/// has weights. Throws ShapeError on overflow. Source: torchvision's "_ops" metadata.
std::int64_t convolution_macs(const Shape& in, const Shape& out, const Convolution& op);

/// Bytes of what evaluation makes of the weights once and keeps beside them: those that a batch_norm is folded into, and those of the
/// convolutions for which Winograd's method is likely, at its 36 points a filter. `graph` as passes have prepared it for evaluation.
std::int64_t evaluation_weight_bytes(const Graph& graph);

/// What a program takes besides its network: the library's code that is read in, the kernels that it generates, stacks. Measured, it is 7
/// to 12 MB (docs/performance.md).
inline constexpr std::int64_t program_bytes = std::int64_t{11} << 20;

/// Bytes of memory beyond the dataset that a network needs at a batch size, estimated: the arena of activations, gradients and workspaces
/// as engine/graph/arena.h plans it, the parameters, in training Adam's two moments, in evaluation what evaluation_weight_bytes says. Every
/// element takes 4 bytes; the padding of blocked formats and the primitives' scratchpads are not counted, nor program_bytes.
struct MemoryEstimate {
  std::int64_t train_bytes = 0;
  std::int64_t eval_bytes = 0;
};
/// `graph` is the network as built, before any pass; `recompute`: training computes activations again (passes/plan_recomputation). Throws
/// ShapeError on overflow.
MemoryEstimate estimate_memory(const Graph& graph, std::int64_t batch_size, bool recompute = false);

}  // namespace cnnctl
