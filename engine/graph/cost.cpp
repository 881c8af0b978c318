#include "engine/graph/cost.h"

#include <cstddef>
#include <variant>

namespace cnnctl {
namespace {

/// Whether runtime computes the convolution by Winograd's method with weights transformed beforehand, unless it finds another way faster.
/// It decides by the block width of the machine as well; 8 is the smaller one.
bool may_keep_winograd_weights(const Convolution& op, std::int64_t in_channels) {
  constexpr std::int64_t block = 8, most_weights = 128 * 128;
  const std::int64_t kernel = op.vertical.kernel;
  const auto fits = [&](const Window& window) { return window.kernel == kernel && window.stride == 1 && window.dilation == 1; };
  return (kernel == 3 || kernel == 5) && fits(op.vertical) && fits(op.horizontal) && op.groups == 1 && in_channels % block == 0 &&
         op.out_channels % block == 0 && checked_product(in_channels, op.out_channels) <= most_weights;
}

/// Elements.
std::int64_t prepared_weights(const Graph& graph, const Node& node) {
  constexpr std::int64_t winograd_points = 36;
  const auto* op = std::get_if<Convolution>(&node.op);
  if (op == nullptr) return 0;
  const std::int64_t in_channels = graph.values[static_cast<std::size_t>(node.inputs.front())].channels;
  const std::int64_t weights = graph.parameters[static_cast<std::size_t>(node.parameters.front())].count();
  const std::int64_t folded = op->norm ? checked_sum(weights, op->out_channels) : 0;
  const std::int64_t transformed =
      may_keep_winograd_weights(*op, in_channels) ? checked_product(winograd_points, in_channels * op->out_channels) : 0;
  return checked_sum(folded, transformed);
}

}  // namespace

std::int64_t parameter_count(const Graph& graph) {
  std::int64_t elements = 0;
  for (const Parameter& parameter : graph.parameters)
    if (parameter.trainable) elements = checked_sum(elements, parameter.count());
  return elements;
}

std::int64_t macs_per_image(const Graph& graph) {
  std::int64_t macs = 0;
  for (const Layer& layer : graph.layers) macs = checked_sum(macs, layer.macs);
  return macs;
}

std::int64_t convolution_macs(const Shape& in, const Shape& out, const Convolution& op) {
  const std::int64_t filter = checked_product(in.channels / op.groups, checked_product(op.vertical.kernel, op.horizontal.kernel));
  return checked_product(out.count(), filter);
}

std::int64_t evaluation_weight_bytes(const Graph& graph) {
  std::int64_t elements = 0;
  for (const Node& node : graph.nodes) elements = checked_sum(elements, prepared_weights(graph, node));
  return checked_product(elements, static_cast<std::int64_t>(sizeof(float)));
}

}  // namespace cnnctl
