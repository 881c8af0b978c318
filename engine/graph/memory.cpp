#include "engine/graph/cost.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <variant>
#include <vector>

#include "engine/graph/arena.h"
#include "engine/graph/backward_memory.h"
#include "engine/graph/depthwise.h"
#include "engine/graph/passes/passes.h"
#include "engine/graph/recomputation.h"

namespace cnnctl {
namespace {

constexpr std::int64_t element_bytes = sizeof(float);

/// The lifetimes of a program's buffers, on a graph that passes have prepared: forward steps 0 to n - 1, the loss in step n, then two
/// backward steps a node, the last node's first: by its weights, and by its inputs. Who may write over what follows the rules of runtime's
/// Compiler.
class Buffers {
 public:
  Buffers(const Graph& graph, std::int64_t batch_size, bool training)
      : graph_(graph),
        batch_size_(batch_size),
        training_(training),
        steps_(static_cast<int>(graph.nodes.size())),
        readers_(count_readers(graph)),
        values_(graph.values.size()),
        stays_(values_that_stay(graph)),
        uses_(index_of(3 * steps_ + 1)) {
    set_value(0, add(value_bytes(0)));
    buffers_[values_[0]].kept = true;
    for (int step = 0; step < steps_; ++step) forward(step);
    use(buffer_of(graph_.output), steps_);
    if (training) walk_backward();
  }

  std::int64_t arena_bytes() const {
    const ProgramUses program = program_uses();
    const Lives lives = find_lives(program, find_recomputation(graph_, program));
    std::vector<Lifetime> lifetimes;
    for (const auto* all : {&lives.first, &lives.again})
      for (Buffer buffer = 0; buffer < all->size(); ++buffer) {
        if (!(*all)[buffer]) continue;
        lifetimes.push_back(*(*all)[buffer]);
        lifetimes.back().offset = buffers_[buffer].offset;
      }
    return plan_arena(lifetimes).bytes;
  }

 private:
  struct Usage {
    std::int64_t bytes = 0;
    bool kept = false;                     // read again by a backward, or by the caller
    int pending_reads = 0;                 // of the values in it, by nodes that come later
    int gradient_holders = 0;              // values that wait for the gradient in it to be read
    std::optional<std::int64_t> offset{};  // in the arena, where that is settled: of a parameter's gradient
  };
  using Buffer = std::size_t;  // an index into buffers_

  const Node& node_at(int step) const { return graph_.nodes[index_of(step)]; }

  std::int64_t elements(ValueId value) const { return checked_product(graph_.values[index_of(value)].count(), batch_size_); }
  std::int64_t value_bytes(ValueId value) const { return checked_product(elements(value), element_bytes); }

  Buffer add(std::int64_t bytes) {
    buffers_.push_back({bytes});
    return buffers_.size() - 1;
  }
  Buffer add(std::int64_t bytes, int step) {
    const Buffer buffer = add(bytes);
    use(buffer, step);
    return buffer;
  }
  void use(Buffer buffer, int step) { uses_[index_of(step)].push_back(static_cast<int>(buffer)); }

  ProgramUses program_uses() const {
    const auto caller = [&](ValueId value) { return std::vector<int>{static_cast<int>(buffer_of(value))}; };
    ProgramUses program;
    program.before = caller(0);
    program.between = uses_[index_of(steps_)];
    for (int step = 0; step < steps_; ++step) {
      program.forward.push_back({step, uses_[index_of(step)]});
      program.outputs.push_back(static_cast<int>(buffer_of(node_at(step).output)));
    }
    if (training_) program.after = caller(graph_.output);  // it is read until the next forward
    for (Buffer buffer = 0; buffer < buffers_.size(); ++buffer)
      if (buffers_[buffer].offset) program.after.push_back(static_cast<int>(buffer));  // and these until the update
    for (int step = steps_ + 1; training_ && step <= 3 * steps_; ++step)
      program.backward.push_back({steps_ - 1 - (step - steps_ - 1) / 2, uses_[index_of(step)]});
    program.stays.assign(buffers_.size(), false);
    for (std::size_t value = 0; value < values_.size(); ++value)
      if (stays_[value]) program.stays[values_[value]] = true;
    for (const Usage& buffer : buffers_) program.bytes.push_back(buffer.bytes);
    return program;
  }

  Buffer buffer_of(ValueId value) const { return values_[index_of(value)]; }
  void set_value(ValueId value, Buffer buffer) {
    values_[index_of(value)] = buffer;
    buffers_[buffer].pending_reads += readers_[index_of(value)];
  }

  bool same_shape(ValueId a, ValueId b) const { return graph_.values[index_of(a)] == graph_.values[index_of(b)]; }

  /// The inputs that a node's output may take the place of.
  std::vector<ValueId> overwritten_inputs(const Node& node) const {
    if (std::holds_alternative<Eltwise>(node.op)) return training_ && backward_needs(node).inputs ? std::vector<ValueId>{} : node.inputs;
    if (std::holds_alternative<Dropout>(node.op)) return node.inputs;
    const auto* norm = std::get_if<BatchNorm>(&node.op);
    const bool in_evaluation = norm != nullptr || std::holds_alternative<ChannelScale>(node.op);
    if ((in_evaluation && !training_) || (norm != nullptr && norm->frozen)) return node.inputs;
    if (const auto* op = std::get_if<Convolution>(&node.op)) {
      if (op->residual) return {node.inputs[1]};
      const bool is_depthwise =
          suits_depthwise(*op, graph_.values[index_of(node.inputs[0])].channels) && same_shape(node.inputs[0], node.output);
      return is_depthwise && !training_ ? node.inputs : std::vector<ValueId>{};
    }
    if (residual_norm(node) != nullptr) return {node.inputs[1]};
    std::vector<ValueId> inputs;
    if (std::holds_alternative<Binary>(node.op) && !(training_ && backward_needs(node).inputs))
      std::copy_if(node.inputs.begin(), node.inputs.end(), std::back_inserter(inputs),
                   [&](ValueId id) { return same_shape(id, node.output); });
    return inputs;
  }

  /// The buffer of a node's output: its input's where that is the same data, or where nothing else needs it.
  Buffer output_buffer(const Node& node, int step) {
    if (std::holds_alternative<Flatten>(node.op)) return buffer_of(node.inputs.front());
    for (const ValueId input : stays_[index_of(node.output)] ? std::vector<ValueId>{} : overwritten_inputs(node)) {
      const Usage& usage = buffers_[buffer_of(input)];
      if (!usage.kept && usage.pending_reads == 1) return buffer_of(input);
    }
    return add(value_bytes(node.output), step);
  }

  void forward(int step) {
    const Node& node = node_at(step);
    for (const ValueId input : node.inputs) use(buffer_of(input), step);
    if (training_)
      for (const ValueId input : kept_inputs(graph_, node)) buffers_[buffer_of(input)].kept = true;
    const Buffer output = output_buffer(node, step);
    use(output, step);
    buffers_[output].kept |= stays_[index_of(node.output)] || (training_ && backward_needs(node).output);
    for (const ValueId input : node.inputs) --buffers_[buffer_of(input)].pending_reads;
    set_value(node.output, output);
  }

  void walk_backward() {
    has_gradient_ = find_gradients(graph_, false);
    place_parameter_gradients();
    gradients_.assign(graph_.values.size(), std::nullopt);
    second_gradients_ = gradients_;
    reads_before_ = readers_;
    --reads_before_[index_of(graph_.output)];  // by the caller
    if (has_gradient_[index_of(graph_.output)]) add_gradient(graph_.output, add(value_bytes(graph_.output), steps_), steps_);
    for (int step = steps_ - 1; step >= 0; --step) {
      for (const ValueId input : node_at(step).inputs) --reads_before_[index_of(input)];
      if (gradients_[index_of(node_at(step).output)]) backward(step);
    }
  }

  /// One after another, as runtime's ParameterStore has them.
  void place_parameter_gradients() {
    std::int64_t end = 0;
    for (const Parameter& parameter : graph_.parameters) {
      parameter_offsets_.push_back(end);
      if (parameter.trainable) end = checked_sum(end, in_whole_lines(checked_product(parameter.count(), element_bytes)));
    }
  }

  void add_parameter_gradients(const Node& node, int step) {
    for (const ParameterId id : node.parameters) {
      const Parameter& parameter = graph_.parameters[index_of(id)];
      if (parameter.trainable) buffers_[add(parameter.count() * element_bytes, step)].offset = parameter_offsets_[index_of(id)];
    }
  }

  void backward(int forward_step) {
    const Node& node = node_at(forward_step);
    const Buffer gradient = *gradients_[index_of(node.output)];
    const std::optional<Buffer> second = second_gradients_[index_of(node.output)];
    const int by_weights = steps_ + 1 + 2 * (steps_ - 1 - forward_step);
    const int step = by_weights + (has_weights(node.op) ? 1 : 0);
    use(gradient, step);
    if (second) use(*second, step);
    if (backward_needs(node).output) use(buffer_of(node.output), step);
    for (const ValueId input : kept_inputs(graph_, node)) use(buffer_of(input), by_weights);
    add_parameter_gradients(node, by_weights);
    if (const std::int64_t bytes = workspace_bytes(graph_, node, batch_size_); bytes > 0) use(add(bytes, forward_step), step);
    const Buffer passed = passed_on(node, gradient, step);
    // A number a channel gets a sum of its own; it comes first, since the map's part may then take the gradient's place.
    for (std::size_t i = node.inputs.size(); i-- > 0;)
      if (has_gradient_[index_of(node.inputs[i])]) add_gradient(node.inputs[i], part_for(node, i, gradient, passed, step), step);
    --buffers_[gradient].gradient_holders;
    if (second) --buffers_[*second].gradient_holders;
  }

  /// What an op in place makes of its output's gradient: in the same buffer where no other value waits for it.
  Buffer passed_on(const Node& node, Buffer gradient, int step) {
    const bool changed = changes_gradient(node.op) || has_relu_behind(node) || second_gradients_[index_of(node.output)];
    return changed && buffers_[gradient].gradient_holders > 1 ? add(value_bytes(node.output), step) : gradient;
  }

  /// The buffer of the part for one input, the `index`-th.
  Buffer part_for(const Node& node, std::size_t index, Buffer gradient, Buffer passed, int step) {
    const ValueId input = node.inputs[index];
    const bool passed_is_free = buffers_[passed].gradient_holders <= (passed == gradient ? 1 : 0);
    if (changes_gradient(node.op) || std::holds_alternative<Flatten>(node.op)) return passed;
    if (const auto* binary = std::get_if<Binary>(&node.op); binary != nullptr && same_shape(input, node.output)) {
      if (binary->kind == Binary::Kind::add) return passed;
      if (input == node.inputs.front() && passed_is_free) return passed;
    }
    if (std::holds_alternative<NormDepthwise>(node.op) && same_shape(input, node.output) && passed_is_free) return passed;
    if (residual_norm(node) != nullptr) {
      const std::optional<Buffer>& second = second_gradients_[index_of(node.output)];
      // What was added may get its part from the same step.
      const bool both = (has_relu_behind(node) || second) && has_gradient_[index_of(node.inputs[1])];
      if (index == 1 || (passed_is_free && !both)) return passed;
      if (second && buffers_[*second].gradient_holders == 1) return *second;
    }
    if (!stays_[index_of(input)] && overwrites_input(graph_, readers_, node)) return buffer_of(input);
    // Slices are added to what is there already.
    const std::optional<Buffer>& so_far = gradients_[index_of(input)];
    if (std::holds_alternative<Concat>(node.op) && so_far && buffers_[*so_far].gradient_holders == 1) return *so_far;
    return add(value_bytes(input), step);
  }

  void add_gradient(ValueId value, Buffer part, int step) {
    std::optional<Buffer>& gradient = gradients_[index_of(value)];
    use(part, step);
    if (gradient == part && buffers_[part].gradient_holders == 1) return;
    if (gradient && may_leave_to_writer(value, part)) {
      ++buffers_[part].gradient_holders;
      second_gradients_[index_of(value)] = part;
      return;
    }
    if (gradient) {
      use(*gradient, step);
      const bool alone = --buffers_[*gradient].gradient_holders == 0 && *gradient != part;
      part = alone ? *gradient : add(value_bytes(value), step);
    }
    ++buffers_[part].gradient_holders;
    gradient = part;
  }

  /// Whether a further part of a gradient waits for the value's writer, which adds it.
  bool may_leave_to_writer(ValueId value, Buffer part) const {
    const Node* const node = writer(graph_, value);
    return node != nullptr && adds_gradients(node->op) && !second_gradients_[index_of(value)] && reads_before_[index_of(value)] == 0 &&
           part != gradients_[index_of(value)];
  }

  const Graph& graph_;
  std::int64_t batch_size_;
  bool training_;
  int steps_;
  std::vector<int> readers_;
  std::vector<Buffer> values_;
  std::vector<bool> stays_;             // by value, because of what is computed again
  std::vector<std::vector<int>> uses_;  // buffers, by step
  std::vector<bool> has_gradient_;
  std::vector<std::optional<Buffer>> gradients_;
  std::vector<std::optional<Buffer>> second_gradients_;  // parts that the values' writers add
  std::vector<std::int64_t> parameter_offsets_;          // of their gradients, by parameter
  std::vector<int> reads_before_;                        // by nodes in front of the one whose backward it is
  std::vector<Usage> buffers_;
};

std::int64_t all_parameter_bytes(const Graph& graph) {
  std::int64_t elements = 0;
  for (const Parameter& parameter : graph.parameters) elements = checked_sum(elements, parameter.count());
  return checked_product(elements, element_bytes);
}

std::int64_t training_bytes(const Graph& graph, std::int64_t batch_size, bool recompute) {
  const Graph prepared = prepare_for_training(graph, recompute);
  const Buffers buffers(prepared, batch_size, true);
  const std::int64_t trained = parameter_count(graph) - frozen_count(graph);
  const std::int64_t optimizer_bytes = checked_product(trained, 2 * element_bytes);  // Adam's two moments
  return checked_sum(buffers.arena_bytes(), checked_sum(all_parameter_bytes(graph), optimizer_bytes));
}

std::int64_t evaluation_bytes(const Graph& graph, std::int64_t batch_size) {
  const Graph prepared = prepare_for_evaluation(graph);
  const Buffers buffers(prepared, batch_size, false);
  return checked_sum(buffers.arena_bytes(), checked_sum(all_parameter_bytes(graph), evaluation_weight_bytes(prepared)));
}

}  // namespace

MemoryEstimate estimate_memory(const Graph& graph, std::int64_t batch_size, bool recompute) {
  return {training_bytes(graph, batch_size, recompute), evaluation_bytes(graph, batch_size)};
}

}  // namespace cnnctl
