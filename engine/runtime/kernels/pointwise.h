#pragma once

#include <optional>

#include "engine/runtime/channel_layout.h"
#include "engine/runtime/kernels/eltwise_loop.h"

namespace cnnctl {

/// Weights and (or nullptr) a bias, a number a channel. Those of 1x1 convolutions, and of the network's first, stand in panels of two
/// blocks of output channels: [panels][in][panel], [panels][in][kernel][kernel][panel].
struct ConvolutionNumbers {
  const float* weights = nullptr;
  const float* bias = nullptr;
};

/// A 1x1 convolution of stride 1 between maps in blocks of vector_width channels, and what is done to its result.
struct PointwiseGeometry {
  ChannelLayout in, out;
  std::optional<EltwiseLoop> activation;
};

struct PointwiseTensors {
  const float* x = nullptr;
  ConvolutionNumbers numbers;
  const float* residual = nullptr;  // a map like y, added before the function; or nullptr. It may be y.
  float* moments = nullptr;         // unless nullptr, gets those of y's planes, as batch norms take them; without a function alone
};

}  // namespace cnnctl
