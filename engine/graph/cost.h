#pragma once

#include <cstdint>

#include "engine/graph/graph.h"

namespace cnnctl {

/// Elements of all trainable parameters.
std::int64_t parameter_count(const Graph& graph);

/// Multiply-accumulates per image, of convolutions and linear layers, as torchvision counts them. Throws ShapeError on overflow.
std::int64_t macs_per_image(const Graph& graph);

/// Multiply-accumulates per image of one convolution from its input and output shapes: every output element takes as many as its filter
/// has weights. Throws ShapeError on overflow. Source: torchvision's "_ops" metadata.
std::int64_t convolution_macs(const Shape& in, const Shape& out, const Convolution& op);

/// Bytes of memory beyond the dataset that a program needs at a batch size, estimated: the arena of activations, gradients and workspaces
/// as engine/graph/arena.h plans it, the parameters, and in training their gradients and Adam's two moments. Every element takes 4 bytes;
/// the padding of blocked formats and the primitives' scratchpads are not counted.
struct MemoryEstimate {
  std::int64_t train_bytes = 0;
  std::int64_t eval_bytes = 0;
};
/// `graph` is the network as built, before any pass. Throws ShapeError on overflow.
MemoryEstimate estimate_memory(const Graph& graph, std::int64_t batch_size);

}  // namespace cnnctl
