#include "engine/graph/backward_memory.h"

#include <algorithm>
#include <cstddef>
#include <variant>

namespace cnnctl {
namespace {

constexpr std::int64_t element_bytes = sizeof(float);

struct BackwardNeeds {
  Needs operator()(const Convolution&) const { return {true, false}; }
  /// What a residual sum adds to it is not read again, but the relu behind that. A frozen one scales the gradient only.
  Needs operator()(const BatchNorm& op) const { return {!op.frozen, op.residual && op.activation}; }
  Needs operator()(const NormDepthwise&) const { return {true, false}; }
  Needs operator()(const InvertedResidual&) const { return {}; }
  Needs operator()(const Eltwise& op) const { return result_tells_derivative(op) ? Needs{false, true} : Needs{true, false}; }
  Needs operator()(const Pooling&) const { return {}; }
  Needs operator()(const AdaptivePooling&) const { return {}; }
  Needs operator()(const InnerProduct&) const { return {true, false}; }
  Needs operator()(const Dropout&) const { return {}; }
  Needs operator()(const Softmax&) const { return {false, true}; }
  Needs operator()(const Flatten&) const { return {}; }
  /// A product's gradients each need the other factor.
  Needs operator()(const Binary& op) const { return {op.kind == Binary::Kind::multiply, op.activation.has_value()}; }
  Needs operator()(const Concat&) const { return {}; }
  Needs operator()(const ChannelScale&) const { return {true, false}; }
  Needs operator()(const Maxout&) const { return {true, false}; }
  Needs operator()(const LocalResponseNorm&) const { return {true, false}; }
  Needs operator()(const LayerNorm&) const { return {true, false}; }
  Needs operator()(const GroupNorm&) const { return {true, false}; }
  Needs operator()(const Pad&) const { return {}; }
  Needs operator()(const ChannelShuffle&) const { return {}; }
  Needs operator()(const Slice&) const { return {}; }
};

/// Bytes that an op's forward writes for its backward alone: masks, indices and statistics.
struct Workspace {
  std::int64_t elements = 0;  // of the op's output, the whole batch
  std::int64_t channels = 0;
  std::int64_t images = 0;

  std::int64_t operator()(const Convolution&) const { return 0; }
  /// Mean and variance, and a byte an element where a pooling is joined.
  std::int64_t operator()(const BatchNorm& op) const { return op.frozen ? 0 : 2 * channels * element_bytes + (op.pooling ? elements : 0); }
  /// The convolution's result, and mean and variance of both norms.
  std::int64_t operator()(const NormDepthwise& op) const {
    return checked_product(elements + (op.before ? 4 : 2) * channels, element_bytes);
  }
  std::int64_t operator()(const InvertedResidual&) const { return 0; }
  std::int64_t operator()(const Eltwise&) const { return 0; }
  /// The maximum's index within the window: a byte, or four.
  std::int64_t operator()(const Pooling& op) const {
    if (op.kind == Pooling::Kind::average) return 0;
    return has_byte_places(op) ? elements : checked_product(elements, 4);
  }
  /// The maximum's pixel, in four bytes.
  std::int64_t operator()(const AdaptivePooling& op) const { return op.kind == Pooling::Kind::max ? checked_product(elements, 4) : 0; }
  std::int64_t operator()(const InnerProduct&) const { return 0; }
  std::int64_t operator()(const Dropout&) const { return 0; }
  std::int64_t operator()(const Softmax&) const { return 0; }
  std::int64_t operator()(const Flatten&) const { return 0; }
  std::int64_t operator()(const Binary&) const { return 0; }
  std::int64_t operator()(const Concat&) const { return 0; }
  std::int64_t operator()(const ChannelScale&) const { return 0; }
  std::int64_t operator()(const Maxout&) const { return 0; }
  std::int64_t operator()(const LocalResponseNorm&) const { return 0; }
  /// Mean and deviation of each pixel.
  std::int64_t operator()(const LayerNorm&) const { return elements / channels * 2 * element_bytes; }
  /// Mean and deviation at each channel of each image.
  std::int64_t operator()(const GroupNorm&) const { return checked_product(channels, images) * 2 * element_bytes; }
  std::int64_t operator()(const Pad&) const { return 0; }
  std::int64_t operator()(const ChannelShuffle&) const { return 0; }
  std::int64_t operator()(const Slice&) const { return 0; }
};

}  // namespace

bool has_weights(const Op& op) { return std::holds_alternative<Convolution>(op) || std::holds_alternative<InnerProduct>(op); }

bool changes_gradient(const Op& op) {
  if (const auto* norm = std::get_if<BatchNorm>(&op)) return !norm->pooling && !norm->residual;
  return std::holds_alternative<Eltwise>(op) || std::holds_alternative<Dropout>(op) || std::holds_alternative<ChannelScale>(op);
}

Needs backward_needs(const Node& node) { return std::visit(BackwardNeeds{}, node.op); }

const BatchNorm* residual_norm(const Node& node) {
  const auto* norm = std::get_if<BatchNorm>(&node.op);
  return norm != nullptr && norm->residual ? norm : nullptr;
}

std::span<const ValueId> kept_inputs(const Graph& graph, const Node& node) {
  const std::span<const ValueId> inputs(node.inputs);
  const bool for_weights = has_weights(node.op) && !trains(graph, node);
  return inputs.first(!backward_needs(node).inputs || for_weights ? 0 : residual_norm(node) != nullptr ? 1 : inputs.size());
}

bool has_relu_behind(const Node& node) {
  if (const BatchNorm* norm = residual_norm(node)) return norm->activation.has_value();
  const auto* binary = std::get_if<Binary>(&node.op);
  return binary != nullptr && binary->activation;
}

bool overwrites_input(const Graph& graph, const std::vector<int>& readers, const Node& node) {
  const auto* norm = std::get_if<BatchNorm>(&node.op);
  const ValueId input = node.inputs.front();
  const Node* const before = writer(graph, input);
  return norm != nullptr && norm->pooling && before != nullptr && readers[index_of(input)] == 1 &&
         std::holds_alternative<Convolution>(before->op);
}

std::int64_t workspace_bytes(const Graph& graph, const Node& node, std::int64_t batch_size) {
  const Shape& output = graph.values[index_of(node.output)];
  return std::visit(Workspace{checked_product(output.count(), batch_size), output.channels, batch_size}, node.op);
}

std::vector<BackwardMemory> backward_memory(const Graph& graph) {
  const std::vector<int> readers = count_readers(graph);
  const auto bytes = [&](ValueId value) { return checked_product(graph.values[index_of(value)].count(), element_bytes); };
  std::vector<bool> read(graph.values.size(), false);
  for (const Node& node : graph.nodes) {
    for (const ValueId input : kept_inputs(graph, node)) read[index_of(input)] = true;
    if (backward_needs(node).output) read[index_of(node.output)] = true;
  }
  std::vector<BackwardMemory> memory;
  for (const Node& node : graph.nodes) {
    const std::int64_t own = bytes(node.output);
    std::int64_t inputs = 0;
    for (const ValueId input : node.inputs) inputs = checked_sum(inputs, bytes(input));
    const bool in_place = changes_gradient(node.op) || residual_norm(node) != nullptr || std::holds_alternative<Binary>(node.op);
    const std::int64_t gradients = overwrites_input(graph, readers, node) ? own
                                   : in_place                             ? std::max(own, inputs)
                                                                          : checked_sum(own, inputs);
    const std::int64_t workspace = workspace_bytes(graph, node, 1);
    memory.push_back({checked_sum(read[index_of(node.output)] ? own : 0, workspace),
                      checked_sum(backward_needs(node).output ? own : 0, workspace), gradients, backward_needs(node).inputs});
  }
  return memory;
}

}  // namespace cnnctl
