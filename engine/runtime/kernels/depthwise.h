#pragma once

#include <cstdint>

#include "engine/runtime/channel_layout.h"

namespace cnnctl {

/// A convolution of each channel by itself, between maps in the same blocks of 8 or 16 channels. The kernel is square, 3, 5 or 7 pixels
/// wide, the stride 1 or 2, the same in both dimensions. Weights are [blocks][kernel][kernel][width].
struct DepthwiseGeometry {
  ChannelLayout in;
  ChannelLayout out;
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t padding_top = 0, padding_left = 0;  // less than the kernel
  int threads = 1;                                 // that run, each with scratch of its own
};

/// Whether the forward pass may write its result over its input: a row is read before one stands in its place, and no plane is two
/// threads' work.
bool depthwise_may_overwrite(const DepthwiseGeometry& geometry);

/// Where the gradients go: `data` like x (nullptr: not wanted), where `add` to what is there; `weights` like the weights; `bias` a number a
/// channel (nullptr where there is none).
struct DepthwiseGradients {
  float* data = nullptr;
  bool add = false;
  float* weights = nullptr;
  float* bias = nullptr;
};

/// Pixels along a row that the passes work on at a time: their sums fit the registers beside what they are made of.
struct DepthwiseTiles {
  static constexpr int forward = 7;                                               // divides the sizes that halving 224 gives
  static constexpr int data(std::int64_t stride) { return stride == 1 ? 7 : 4; }  // times the stride, of the input's gradient
  static constexpr int weights(std::int64_t kernel) { return kernel == 7 ? 7 : 4; }
};

/// The copy of a map's row that the passes read, in pixels: `before` zeros, the row, and zeros up to `columns`, or as much of the row as
/// tiles read.
struct DepthwiseRow {
  std::int64_t before = 0, columns = 0;
};

/// The copy of an input's row for tiles of so many results, and of a row of the result's gradient.
DepthwiseRow depthwise_input_row(const DepthwiseGeometry& geometry, std::int64_t tile);
DepthwiseRow depthwise_gradient_row(const DepthwiseGeometry& geometry, std::int64_t data_tile, std::int64_t weights_tile);

/// Floats of scratch for each thread, of the forward and of the backward pass.
std::int64_t depthwise_forward_scratch(const DepthwiseGeometry& geometry);
std::int64_t depthwise_backward_scratch(const DepthwiseGeometry& geometry);

/// Floats of the backward pass's parts of the gradients of weights and bias, one for each image.
std::int64_t depthwise_parts(const DepthwiseGeometry& geometry);

}  // namespace cnnctl
