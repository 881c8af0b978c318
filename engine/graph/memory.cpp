#include "engine/graph/cost.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "engine/graph/arena.h"
#include "engine/graph/passes/passes.h"

namespace cnnctl {
namespace {

constexpr std::int64_t element_bytes = sizeof(float);

std::size_t index_of(int id) { return static_cast<std::size_t>(id); }

/// What an op's backward reads besides the gradient of its output and its parameters.
struct Needs {
  bool input = false;
  bool output = false;
};

struct BackwardNeeds {
  Needs operator()(const Convolution&) const { return {true, false}; }
  Needs operator()(const BatchNorm&) const { return {true, false}; }
  Needs operator()(const Eltwise& op) const { return result_tells_derivative(op) ? Needs{false, true} : Needs{true, false}; }
  Needs operator()(const Pooling&) const { return {}; }
  Needs operator()(const AdaptivePooling&) const { return {}; }
  Needs operator()(const InnerProduct&) const { return {true, false}; }
  Needs operator()(const Dropout&) const { return {}; }
  Needs operator()(const Softmax&) const { return {false, true}; }
  Needs operator()(const Flatten&) const { return {}; }
  /// A product's gradients each need the other factor.
  Needs operator()(const Binary& op) const { return {op.kind == Binary::Kind::multiply, false}; }
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

Needs backward_needs(const Node& node) { return std::visit(BackwardNeeds{}, node.op); }

/// Bytes that an op's forward writes for its backward alone: masks, indices and statistics.
struct Workspace {
  std::int64_t elements = 0;  // of the op's output, the whole batch
  std::int64_t channels = 0;
  std::int64_t images = 0;

  std::int64_t operator()(const Convolution&) const { return 0; }
  /// Mean and variance, and a bit an element where a relu is joined, or a byte where a pooling is.
  std::int64_t operator()(const BatchNorm& op) const {
    const std::int64_t mask = op.pooling ? elements : op.activation ? elements / 8 + 1 : 0;
    return 2 * channels * element_bytes + mask;
  }
  std::int64_t operator()(const Eltwise&) const { return 0; }
  /// The maximum's index within the window: a byte, or four for windows beyond 255 elements.
  std::int64_t operator()(const Pooling& op) const {
    if (op.kind == Pooling::Kind::average) return 0;
    return checked_product(op.vertical.kernel, op.horizontal.kernel) > 255 ? checked_product(elements, 4) : elements;
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

/// The lifetimes of a program's buffers, on a graph that passes have prepared: forward steps 0 to n - 1, the loss in step n, backward steps
/// n + 1 to 2n, the last node's first.
class Buffers {
 public:
  Buffers(const Graph& graph, std::int64_t batch_size)
      : graph_(graph),
        batch_size_(batch_size),
        steps_(static_cast<int>(graph.nodes.size())),
        readers_(count_readers(graph)),
        values_(graph.values.size()) {
    values_[0] = add(value_bytes(0), 0);
  }

  void walk_evaluation() {
    for (int step = 0; step < steps_; ++step) forward(step, false);
    keep_output(steps_);
  }

  void walk_training() {
    for (int step = 0; step < steps_; ++step) forward(step, true);
    keep_output(2 * steps_);
    find_gradients();
    const auto output = index_of(graph_.output);
    if (!has_gradient_[output]) return;
    gradients_[output] = add(value_bytes(graph_.output), steps_);
    for (int step = steps_ - 1; step >= 0; --step) backward(step);
  }

  std::int64_t arena_bytes() const { return plan_arena(lifetimes_).bytes; }

 private:
  using Buffer = std::size_t;  // an index into lifetimes_

  const Node& node_at(int step) const { return graph_.nodes[index_of(step)]; }

  std::int64_t elements(ValueId value) const { return checked_product(graph_.values[index_of(value)].count(), batch_size_); }
  std::int64_t workspace_bytes(const Node& node) const {
    const std::int64_t channels = graph_.values[index_of(node.output)].channels;
    return std::visit(Workspace{elements(node.output), channels, batch_size_}, node.op);
  }
  std::int64_t value_bytes(ValueId value) const { return checked_product(elements(value), element_bytes); }

  Buffer add(std::int64_t bytes, int step) {
    lifetimes_.push_back({bytes, step, step});
    return lifetimes_.size() - 1;
  }
  void use(Buffer buffer, int step) {
    lifetimes_[buffer].first = std::min(lifetimes_[buffer].first, step);
    lifetimes_[buffer].last = std::max(lifetimes_[buffer].last, step);
  }
  Buffer& buffer_of(ValueId value) { return values_[index_of(value)]; }

  /// The output is read until the next forward.
  void keep_output(int last) { use(buffer_of(graph_.output), last); }

  /// Whether a value's only reader may write over it: it is not the batch itself, and no backward reads it as its writer's output.
  bool may_overwrite(ValueId value, bool training) const {
    if (value == 0 || readers_[index_of(value)] != 1) return false;
    const Node& writer = node_at(value - 1);  // passes number values as add_node does: node i writes value i + 1
    if (std::holds_alternative<Flatten>(writer.op)) return may_overwrite(writer.inputs.front(), training);
    return !training || !backward_needs(writer).output;
  }

  /// Whether a node's output takes the buffer of its input: because it is the same data, or because the op works in place.
  bool takes_input(const Node& node, bool training) const {
    if (std::holds_alternative<Flatten>(node.op)) return true;
    const bool in_place = (std::holds_alternative<Eltwise>(node.op) && !(training && backward_needs(node).input)) ||
                          std::holds_alternative<Dropout>(node.op) || (std::holds_alternative<BatchNorm>(node.op) && !training) ||
                          (std::holds_alternative<ChannelScale>(node.op) && !training);
    return in_place && may_overwrite(node.inputs.front(), training);
  }

  void forward(int step, bool training) {
    const Node& node = node_at(step);
    for (const ValueId input : node.inputs) use(buffer_of(input), step);
    buffer_of(node.output) = takes_input(node, training) ? buffer_of(node.inputs.front()) : add(value_bytes(node.output), step);
  }

  /// A value has a gradient where something that is trained comes before it.
  void find_gradients() {
    has_gradient_.assign(graph_.values.size(), false);
    gradients_.assign(graph_.values.size(), std::nullopt);
    for (const Node& node : graph_.nodes) {
      const auto trained = [&](ParameterId id) { return graph_.parameters[index_of(id)].trainable; };
      const auto reached = [&](ValueId id) { return has_gradient_[index_of(id)]; };
      has_gradient_[index_of(node.output)] = std::any_of(node.parameters.begin(), node.parameters.end(), trained) ||
                                             std::any_of(node.inputs.begin(), node.inputs.end(), reached);
    }
  }

  void backward(int forward_step) {
    const Node& node = node_at(forward_step);
    const std::optional<Buffer> gradient = gradients_[index_of(node.output)];
    if (!gradient || !has_gradient_[index_of(node.output)]) return;
    const int step = 2 * steps_ - forward_step;
    use(*gradient, step);
    const Needs needs = backward_needs(node);
    if (needs.output) use(buffer_of(node.output), step);
    if (needs.input) use(buffer_of(node.inputs.front()), step);
    if (const std::int64_t bytes = workspace_bytes(node); bytes > 0) use(add(bytes, forward_step), step);
    for (const ValueId input : node.inputs) write_gradient(input, node, *gradient, step);
  }

  void write_gradient(ValueId value, const Node& reader, Buffer reader_gradient, int step) {
    if (!has_gradient_[index_of(value)]) return;
    std::optional<Buffer>& gradient = gradients_[index_of(value)];
    if (gradient) {
      add(value_bytes(value), step);  // one more reader's part, before it is added
      use(*gradient, step);
      return;
    }
    const bool in_place = std::holds_alternative<Flatten>(reader.op) || std::holds_alternative<Eltwise>(reader.op) ||
                          std::holds_alternative<Dropout>(reader.op) || std::holds_alternative<ChannelScale>(reader.op);
    gradient = in_place ? reader_gradient : add(value_bytes(value), step);
  }

  const Graph& graph_;
  std::int64_t batch_size_;
  int steps_;
  std::vector<int> readers_;
  std::vector<Buffer> values_;
  std::vector<bool> has_gradient_;
  std::vector<std::optional<Buffer>> gradients_;
  std::vector<Lifetime> lifetimes_;
};

std::int64_t all_parameter_bytes(const Graph& graph) {
  std::int64_t elements = 0;
  for (const Parameter& parameter : graph.parameters) elements = checked_sum(elements, parameter.count());
  return checked_product(elements, element_bytes);
}

std::int64_t training_bytes(const Graph& graph, std::int64_t batch_size) {
  const Graph prepared = prepare_for_training(graph);
  Buffers buffers(prepared, batch_size);
  buffers.walk_training();
  const std::int64_t optimizer_bytes = checked_product(parameter_count(graph), 3 * element_bytes);  // gradient and Adam's two moments
  return checked_sum(buffers.arena_bytes(), checked_sum(all_parameter_bytes(graph), optimizer_bytes));
}

std::int64_t evaluation_bytes(const Graph& graph, std::int64_t batch_size) {
  const Graph prepared = prepare_for_evaluation(graph);
  Buffers buffers(prepared, batch_size);
  buffers.walk_evaluation();
  return checked_sum(buffers.arena_bytes(), all_parameter_bytes(graph));
}

}  // namespace

MemoryEstimate estimate_memory(const Graph& graph, std::int64_t batch_size) {
  return {training_bytes(graph, batch_size), evaluation_bytes(graph, batch_size)};
}

}  // namespace cnnctl
