#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/runtime/channel_layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {

/// A batch norm in a node that may have other things joined to it: its parameters are the node's from `first` on.
struct NormPart {
  const BatchNorm& op;
  std::size_t first = 0;

  /// Index of running_mean among the node's parameters; running_var follows.
  std::size_t running_mean() const { return first + (op.affine ? 2 : 0); }
};

/// Mean and biased variance of the batch, a number a channel each.
struct NormStatistics {
  Tensor mean, variance;
};
NormStatistics allocate_statistics(Compiler& compiler, std::int64_t channels);

/// What a step that normalizes reads first: scale, shift, mean and variance; norm_tensors takes them from its buffers.
std::vector<Tensor> norm_numbers(Compiler& compiler, const Node& node, const NormPart& norm, const NormStatistics& statistics);
NormTensors norm_tensors(bool affine, std::span<void* const> buffers);

/// Whether the batch's statistics of the value are wanted by a norm that takes them from its planes' moments.
bool wants_moments(const Graph& graph, ValueId value);

/// Room for the moments of a map in blocks of channels: two floats a channel of each image.
Tensor allocate_moments(Compiler& compiler, const ChannelLayout& layout);

/// Those of the value, where what wrote it has taken them and `x`, of the kind that norms read, is its own tensor.
std::optional<Tensor> known_moments(const Compiler& compiler, ValueId value, const Tensor& x);

/// A step that moves the running statistics towards those of a batch of maps of `dims`; PyTorch's running variance is the unbiased one.
/// Throws std::runtime_error where a channel has a single value.
void add_running_statistics(Compiler& compiler, const Node& node, const NormPart& norm, const Dims& dims, const NormStatistics& statistics);

/// The gradients of scale and shift, which that of the input is made from, trained or not.
struct AffineGradient {
  Tensor scale, shift;
};
AffineGradient affine_gradient(Compiler& compiler, const Node& node, const NormPart& norm, std::int64_t channels);

}  // namespace cnnctl
