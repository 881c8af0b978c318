#include "engine/graph/cost.h"

#include <cstddef>
#include <variant>

#include "engine/graph/winograd.h"

namespace cnnctl {
namespace {

// Of channels, which runtime takes by the machine: 8 or 16.
constexpr std::int64_t smallest_block = 8;

/// Elements of the weights and bias that a batch norm is folded into; `weight` is the convolution's.
std::int64_t folded_elements(const Graph& graph, const Convolution& op, ParameterId weight) {
  return op.norm ? checked_sum(graph.parameters[static_cast<std::size_t>(weight)].count(), op.out_channels) : 0;
}

/// Of all of an inverted residual's convolutions.
std::int64_t prepared_weights(const Graph& graph, const Node& node, const InvertedResidual& op) {
  std::int64_t elements = 0;
  auto parameter = node.parameters.begin();
  for (const std::optional<Convolution>& convolution : {op.expand, std::optional(op.depthwise), std::optional(op.project)}) {
    if (!convolution) continue;
    elements = checked_sum(elements, folded_elements(graph, *convolution, *parameter));
    parameter += static_cast<std::ptrdiff_t>(parameters_of(*convolution));
  }
  return elements;
}

/// Elements.
std::int64_t prepared_weights(const Graph& graph, const Node& node) {
  if (const auto* block = std::get_if<InvertedResidual>(&node.op)) return prepared_weights(graph, node, *block);
  const auto* op = std::get_if<Convolution>(&node.op);
  if (op == nullptr) return 0;
  const std::int64_t in_channels = graph.values[static_cast<std::size_t>(node.inputs.front())].channels;
  const std::int64_t folded = folded_elements(graph, *op, node.parameters.front());
  const bool at_points = suits_winograd(*op, in_channels, smallest_block) && keeps_weights_at_points(in_channels, op->out_channels);
  const std::int64_t transformed = at_points ? checked_product(winograd_points, in_channels * op->out_channels) : 0;
  return checked_sum(folded, transformed);
}

}  // namespace

std::int64_t parameter_count(const Graph& graph) {
  std::int64_t elements = 0;
  for (const Parameter& parameter : graph.parameters)
    if (parameter.trainable || parameter.frozen) elements = checked_sum(elements, parameter.count());
  return elements;
}

std::int64_t frozen_count(const Graph& graph) {
  std::int64_t elements = 0;
  for (const Parameter& parameter : graph.parameters)
    if (parameter.frozen) elements = checked_sum(elements, parameter.count());
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
