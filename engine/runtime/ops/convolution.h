#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/ops/ops.h"

namespace cnnctl {

/// What all ways to compute a convolution need to know of it.
struct ConvolutionSetup {
  std::string layer;
  ValueId input = 0;
  WindowDims window;
  Dims weights;  // [out, in, kh, kw], or [groups, out / groups, in / groups, kh, kw]
  Desc bias;     // empty where there is none
  Dims src, dst;
  double flops = 0;
  bool wants_moments = false;  // of the result, for the batch norm that reads it in training
};

/// The same of a node with a convolution in it, and of one among others in a node, between maps of these dimensions.
ConvolutionSetup convolution_setup(const Compiler& compiler, const Node& node, const Convolution& op);
ConvolutionSetup convolution_setup(const Compiler& compiler, const Node& node, const Convolution& op, const Dims& src, const Dims& dst);

/// A way to compute a convolution between maps of the formats `src` and `dst`. Each function adds the steps of one direction for `node`,
/// which is the network's or a copy that is timed alone, and is empty where the way does not have the direction. The ways that
/// convolution.cpp chooses from agree in their formats, so that each direction may take another.
struct ConvolutionWay {
  std::string name;  // among the choices
  Desc src, dst;
  bool takes_moments = false;  // the forward pass, of its result (Compiler::set_moments)
  std::function<Tensor(Compiler&, const Node& node, const Tensor& x)> forward{};
  std::function<Tensor(Compiler&, const Node& node, const Tensor& dy)> backward_data{};
  std::function<void(Compiler&, const Node& node, const Tensor& x, const Tensor& dy)> backward_weights{};
  /// The formats to which these two round dy: they take it in them, too.
  std::optional<Desc> rounded_for_data{}, rounded_for_weights{};
  /// With all that evaluation joins to the convolution; reads the node's second input where that is added.
  std::function<Tensor(Compiler&, const Node& node, const Tensor& x)> evaluation{};
};

/// The library's direct algorithm, in the formats that suit it best. `reads_input`: the maps are the network's input, which is nchw.
ConvolutionWay preferred_library_way(const Convolution& op, const ConvolutionSetup& setup, bool reads_input);

/// The library's algorithms that it has fast loops of for maps in blocks of channels: "direct", and on some processors "library winograd".
std::vector<ConvolutionWay> blocked_library_ways(const Convolution& op, const ConvolutionSetup& setup);

/// What there is for a 1x1 convolution of stride 1 besides `direct`, the library's way, where that takes maps in blocks of channels:
/// "pointwise", our own loops (kernels/pointwise.h), without the gradient by weights; and "exchanged", which has only that direction, by
/// the library's loops with the two maps in each other's place: they give the transposed weights' gradient, and are faster where the more
/// channels are the result's.
std::vector<ConvolutionWay> pointwise_ways(const Convolution& op, const ConvolutionSetup& setup, const ConvolutionWay& direct);

/// The direct algorithm in bfloat16, between maps in float; of a first layer perhaps without the gradient by data, which is then computed
/// in float. Nothing where the library has no fast and right loops for it: groups, maps smaller than the kernel, few channels behind the
/// first layer.
std::optional<ConvolutionWay> bf16_library_way(const Convolution& op, const ConvolutionSetup& setup, bool reads_input);

/// Winograd's method by our own loops (kernels/winograd.h) in blocks of channels, "winograd" and "winograd by channels", the one that
/// should be faster first: 3x3 or 5x5, stride 1, no dilation or groups, whole blocks of channels on both sides. None where it does not
/// apply. `bf16`: what is multiplied at the points is rounded to bfloat16.
std::vector<ConvolutionWay> winograd_ways(const Convolution& op, const ConvolutionSetup& setup, bool bf16);

/// The label of a step that does all of the convolution's multiplications; `desc`: of the map whose format it names.
StepLabel convolution_label(const ConvolutionSetup& setup, const char* pass, const std::string& implementation, const Desc& desc);

/// What a forward pass multiplies and adds.
struct ConvolutionParameters {
  Tensor weights;
  std::optional<Tensor> bias;
};

/// Weights in a format, and bias. A batch norm behind the convolution is folded in, anew when parameters have changed. The convolution's
/// parameters are the node's from `first` on.
ConvolutionParameters convolution_parameters(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup,
                                             const Desc& weights, std::size_t first = 0);

/// Where our own loops' result goes in evaluation, in blocks of channels, and what is added to it, if anything: the node's second input,
/// over which the result is written where nothing else needs it.
struct EvaluationResult {
  Tensor y;
  std::optional<Tensor> residual{};
};
EvaluationResult evaluation_result(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup);

/// The format of a 1x1 convolution's weights in our own loops: panels of two blocks of output channels.
Desc panel_weights_desc(const Dims& weights);

/// A convolution of each channel by itself as our own loops take it, with weights in this format: [blocks][kernel][kernel][width]. Nothing
/// where they do not apply.
std::optional<DepthwiseGeometry> depthwise_geometry(const Convolution& op, const ConvolutionSetup& setup);
Desc depthwise_weights_desc(const ConvolutionSetup& setup);

/// Compiles a convolution of each channel by itself by our own loops (kernels/depthwise.h). Nothing where they do not apply.
std::optional<Backward> compile_depthwise(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup);

/// The gradient of a first layer's weights by our own loops (kernels/few_channel_weights.cpp), where they apply: an nchw source of few
/// channels.
bool add_few_channel_weights(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup, const Tensor& x,
                             const Tensor& dy);

}  // namespace cnnctl
