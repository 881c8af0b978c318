#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "engine/graph/shape.h"

namespace cnnctl {

/// What a node computes, as a plain value: no oneDNN, no YAML. A layer is made of these; runtime/ops/ turns each kind into primitives.
/// Parameters (weights, statistics) are listed by the node, in the order each kind states.

/// An element-wise function, as PyTorch defines it. `alpha` is leaky_relu's slope, elu's scale and softplus's beta; `threshold` is
/// softplus's, beyond which it is linear.
struct Eltwise {
  enum class Function { relu, leaky_relu, elu, sigmoid, tanh, relu6, hardswish, hardsigmoid, silu, gelu, gelu_tanh, mish, softplus };
  Function function = Function::relu;
  float alpha = 0;
  float threshold = 0;
  friend bool operator==(const Eltwise&, const Eltwise&) = default;
};

/// Whether an element-wise function's derivative follows from its result, so that the result may stand where the input stood.
bool result_tells_derivative(const Eltwise& op);

/// Whether runtime's own loops have the function, so that it may be joined to what they compute: all but elu, sigmoid, tanh and the two of
/// gelu.
bool has_own_loop(const Eltwise& op);

/// Whether f(0) = 0, so that the zeros which fill up a last block of channels stay zeros: all but sigmoid, hardsigmoid and softplus.
bool keeps_zero(const Eltwise& op);

/// Maximum or mean over a sliding window. The mean divides by what of the window lies inside the padded input where `count_padding`, else
/// by what lies inside the input.
/// Source: torch.nn.MaxPool2d, torch.nn.AvgPool2d.
struct Pooling {
  enum class Kind { max, average };
  Kind kind = Kind::max;
  Window vertical;
  Window horizontal;
  bool count_padding = true;
  friend bool operator==(const Pooling&, const Pooling&) = default;
};

/// Whether a place in the window fits a byte, with a value to spare that says that there is none: windows of at most 255 elements.
bool has_byte_places(const Pooling& op);

/// Normalizes each channel over the batch and the map. Parameters: weight, bias (where affine), running_mean, running_var.
/// Training uses the batch's statistics and moves the running ones by `momentum`, the variance unbiased (n / (n - 1)). Source:
/// torch.nn.BatchNorm2d.
struct BatchNorm {
  float epsilon = 1e-5F;
  float momentum = 0.1F;
  bool affine = true;
  bool residual = false;              // training only, by passes/fuse_norm_residual: the node's second input is added before the activation
  std::optional<Eltwise> activation;  // by passes/fuse_norm_activation; behind a residual sum only relu
  std::optional<Pooling> pooling;     // training only, by passes/fuse_norm_pooling: behind a relu
  bool frozen = false;                // normalizes by the running statistics in training too, and keeps them
  friend bool operator==(const BatchNorm&, const BatchNorm&) = default;
};

/// Cross-correlation. Parameters: weight [out, in / groups, kernel height, kernel width], bias [out] (where `bias`), and after
/// passes/fold_batch_norm the four (or two) of `norm`. Source: torch.nn.Conv2d.
struct Convolution {
  std::int64_t out_channels = 0;
  Window vertical;
  Window horizontal;
  std::int64_t groups = 1;
  bool bias = true;
  std::optional<BatchNorm> norm;      // evaluation only, by passes/fold_batch_norm: folded into weight and bias
  bool residual = false;              // evaluation only, by passes/fuse_residual: the node's second input is added before the activation
  std::optional<Eltwise> activation;  // evaluation only, by passes/fuse_activation: applied to the result
  friend bool operator==(const Convolution&, const Convolution&) = default;
};

/// A 1x1 convolution of stride 1, without padding or groups: a product of matrices.
bool is_pointwise(const Convolution& op);

/// A depthwise convolution without bias, the batch norm behind it and, where there is one, the batch norm in front, all with the functions
/// joined to them (training only, by passes/fuse_norm_depthwise). Parameters: those of the three, in the order of their work.
struct NormDepthwise {
  std::optional<BatchNorm> before;
  Convolution convolution;
  BatchNorm behind;
  friend bool operator==(const NormDepthwise&, const NormDepthwise&) = default;
};

/// A 1x1 convolution, or the network's first, or none, then a depthwise one and a 1x1 one, each with what was joined to it (evaluation
/// only, by passes/fuse_inverted_residual). Where the last one adds a residual, it is the node's second input. Parameters: those of the
/// three, in the order of their work.
struct InvertedResidual {
  std::optional<Convolution> expand;
  Convolution depthwise;
  Convolution project;
  friend bool operator==(const InvertedResidual&, const InvertedResidual&) = default;
};

/// Maximum or mean over windows whose sizes differ by place: output i covers [floor(i in / out), ceil((i + 1) in / out)). Source:
/// torch.nn.AdaptiveMaxPool2d, torch.nn.AdaptiveAvgPool2d.
struct AdaptivePooling {
  Pooling::Kind kind = Pooling::Kind::average;
  friend bool operator==(const AdaptivePooling&, const AdaptivePooling&) = default;
};

/// y = x W^T + b over all of a vector's features. Parameters: weight [out, in], bias [out] (where `bias`). Source: torch.nn.Linear.
struct InnerProduct {
  std::int64_t out_features = 0;
  bool bias = true;
  friend bool operator==(const InnerProduct&, const InnerProduct&) = default;
};

/// Zeroes each element with `probability` (in [0, 1]; 1 zeroes all) in training and scales the rest by 1 / (1 - probability); the identity
/// in evaluation. Of `whole_images` all elements share one draw. Source: torch.nn.Dropout, torchvision.ops.StochasticDepth(mode="row").
struct Dropout {
  float probability = 0.5F;
  bool whole_images = false;
  friend bool operator==(const Dropout&, const Dropout&) = default;
};

/// Softmax over the channels (of each pixel, on a map). Source: torch.nn.Softmax(dim=1).
struct Softmax {
  friend bool operator==(const Softmax&, const Softmax&) = default;
};

/// A map seen as a vector of its channels * height * width elements, in that order. Moves no data. Source: torch.nn.Flatten.
struct Flatten {
  friend bool operator==(const Flatten&, const Flatten&) = default;
};

/// Element-wise sum or product of two values. They have one shape, or the second is channels x 1 x 1 and counts for every pixel.
/// Source: PyTorch's operators + and *.
struct Binary {
  enum class Kind { add, multiply };
  Kind kind = Kind::add;
  std::optional<Eltwise> activation = std::nullopt;  // relu, by passes/fuse_binary_relu
  friend bool operator==(const Binary&, const Binary&) = default;
};

/// Two or more values one after another along the channels; their height and width agree. Source: torch.cat(dim=1).
struct Concat {
  friend bool operator==(const Concat&, const Concat&) = default;
};

/// Multiplies each channel by a trained factor: everywhere, or where the value is not positive. Parameters: weight, an element a channel
/// or (where `shared`) a single one. Source: torchvision's CNBlock.layer_scale, torch.nn.PReLU.
struct ChannelScale {
  bool negative_only = false;
  bool shared = false;  // one factor for all channels
  friend bool operator==(const ChannelScale&, const ChannelScale&) = default;
};

/// The maximum of every `pool_size` consecutive channels, pixel by pixel. Source: Goodfellow et al., "Maxout networks", 2013.
struct Maxout {
  std::int64_t pool_size = 2;
  friend bool operator==(const Maxout&, const Maxout&) = default;
};

/// Divides each element by (k + alpha / size * s) ^ beta, where s sums the squares of `size` neighbouring channels (size / 2 before it, the
/// rest behind; those that do not exist count as 0) of the same pixel. Source: torch.nn.LocalResponseNorm.
struct LocalResponseNorm {
  std::int64_t size = 1;
  float alpha = 1e-4F;
  float beta = 0.75F;
  float k = 1;
  friend bool operator==(const LocalResponseNorm&, const LocalResponseNorm&) = default;
};

/// Normalizes each pixel over its channels, or a vector over its features. Parameters: weight, bias (where affine), a number a channel.
/// Source: torch.nn.LayerNorm; on maps ConvNeXt's LayerNorm2d (Liu et al., 2022).
struct LayerNorm {
  float epsilon = 1e-5F;
  bool affine = true;
  friend bool operator==(const LayerNorm&, const LayerNorm&) = default;
};

/// Normalizes each image over each of `groups` runs of channels, with the whole map. Parameters: weight, bias (where affine), a number a
/// channel. Source: torch.nn.GroupNorm.
struct GroupNorm {
  std::int64_t groups = 1;
  float epsilon = 1e-5F;
  bool affine = true;
  friend bool operator==(const GroupNorm&, const GroupNorm&) = default;
};

/// A border around a map: of `value`, of the map mirrored at its outermost pixels (which are not repeated), or of its outermost pixels.
/// Source: torch.nn.functional.pad.
struct Pad {
  enum class Mode { constant, reflect, replicate };
  Mode mode = Mode::constant;
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;
  float value = 0;
  friend bool operator==(const Pad&, const Pad&) = default;
};

/// The channels seen as `groups` rows, read column by column. Source: torch.nn.ChannelShuffle.
struct ChannelShuffle {
  std::int64_t groups = 1;
  friend bool operator==(const ChannelShuffle&, const ChannelShuffle&) = default;
};

/// The channels (or features) from `begin` up to, not including, `end`. Source: torch.narrow.
struct Slice {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  friend bool operator==(const Slice&, const Slice&) = default;
};

using Op =
    std::variant<Convolution, BatchNorm, NormDepthwise, InvertedResidual, Eltwise, Pooling, AdaptivePooling, InnerProduct, Dropout, Softmax,
                 Flatten, Binary, Concat, ChannelScale, Maxout, LocalResponseNorm, LayerNorm, GroupNorm, Pad, ChannelShuffle, Slice>;

/// How many parameters of a node are those of a convolution in it, with those of the norm that is folded into it.
std::size_t parameters_of(const Convolution& op);

/// Whether an op's backward takes the gradient of its result in two parts and adds them itself.
bool adds_gradients(const Op& op);

/// The kind's name with what passes joined to it, as bench and dumps show it: "convolution", "batch_norm+relu", ...
std::string op_name(const Op& op);

}  // namespace cnnctl
