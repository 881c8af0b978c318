#pragma once

#include <optional>

#include "engine/runtime/kernels/depthwise.h"
#include "engine/runtime/kernels/eltwise_loop.h"

namespace cnnctl {

/// A 1x1 convolution that may be absent, a depthwise one and a 1x1 one, with what is done to the result of each. All maps stand in blocks
/// of as many channels. Without the first, the depthwise one reads x.
struct InvertedResidualGeometry {
  ChannelLayout in;  // of x
  DepthwiseGeometry depthwise;
  ChannelLayout out;  // of y
  std::optional<EltwiseLoop> expand_activation, depthwise_activation, project_activation;
};

/// Weights and (or nullptr) a bias, a number a channel. Those of 1x1 convolutions stand in panels of two blocks of output channels:
/// [panels][in][panel].
struct ConvolutionNumbers {
  const float* weights = nullptr;
  const float* bias = nullptr;
};

struct InvertedResidualTensors {
  const float* x = nullptr;
  ConvolutionNumbers expand;  // without weights where that convolution is absent
  ConvolutionNumbers depthwise, project;
  const float* residual = nullptr;  // a map like y, added before the last function; or nullptr
};

/// Floats of scratch for all threads together.
std::int64_t inverted_residual_scratch(const InvertedResidualGeometry& geometry);

}  // namespace cnnctl
