#pragma once

#include <optional>
#include <string>
#include <utility>

#include "engine/runtime/ops/ops.h"

namespace cnnctl {

/// A first layer reads the caller's nchw as it is, up to this many channels: the library has kernels for that, and so have we.
constexpr std::int64_t kFewChannels = 3;

/// What all ways to compute a convolution need to know of it.
struct ConvolutionSetup {
  std::string layer;
  ValueId input = 0;
  WindowDims window;
  Dims weights;  // [out, in, kh, kw], or [groups, out / groups, in / groups, kh, kw]
  Desc bias;     // empty where there is none
  Dims src, dst;
  double flops = 0;
};

StepLabel convolution_label(const ConvolutionSetup& setup, const char* pass, const std::string& implementation, const Desc& desc);

/// Weights in a format and bias with the batch norm behind the convolution folded in, computed anew when parameters have changed.
std::pair<Tensor, Tensor> folded_parameters(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup,
                                            const Desc& weights);

/// Compiles the convolution by Winograd's method (kernels/winograd.h): 3x3 or 5x5, stride 1, no dilation or groups, whole blocks of channels
/// on both sides. Nothing where it does not apply.
std::optional<Backward> compile_winograd(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup);

/// Compiles a convolution of each channel by itself by our own loops (kernels/depthwise.h). Nothing where they do not apply.
std::optional<Backward> compile_depthwise(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup);

/// The gradient of a first layer's weights by our own loops (kernels/few_channel_weights.cpp), where they apply: an nchw source of few
/// channels.
bool add_few_channel_weights(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup, const Tensor& x,
                             const Tensor& dy);

}  // namespace cnnctl
