#pragma once

#include <optional>

#include "engine/runtime/kernels/depthwise.h"
#include "engine/runtime/kernels/eltwise_loop.h"
#include "engine/runtime/kernels/pointwise.h"

namespace cnnctl {

/// How a network's first convolution goes over its few channels: a window of 3x3 pixels, the stride 2 in both dimensions.
struct FirstWindow {
  static constexpr int kernel = 3, stride = 2;
  std::int64_t padding_top = 0, padding_left = 0;
};

/// A 1x1 convolution that may be absent, a depthwise one and a 1x1 one, with what is done to the result of each. All maps stand in blocks
/// of as many channels. Without the first, the depthwise one reads x. In the place of the first there may be the network's first
/// convolution: then x is nchw.
struct InvertedResidualGeometry {
  ChannelLayout in;  // of x
  std::optional<FirstWindow> first;
  DepthwiseGeometry depthwise;
  ChannelLayout out;  // of y
  std::optional<EltwiseLoop> expand_activation, depthwise_activation, project_activation;
};

struct InvertedResidualTensors {
  const float* x = nullptr;
  ConvolutionNumbers expand;  // without weights where that convolution is absent
  ConvolutionNumbers depthwise, project;
  const float* residual = nullptr;  // a map like y, added before the last function; or nullptr
};

/// Floats of a row of x with the zeros at both ends that the network's first convolution reads.
std::int64_t first_row(const InvertedResidualGeometry& geometry);

/// Floats of scratch for all threads together.
std::int64_t inverted_residual_scratch(const InvertedResidualGeometry& geometry);

}  // namespace cnnctl
