#include "engine/graph/passes/rewrite.h"

#include <utility>

namespace cnnctl {
namespace {

/// A graph being made from another: which of its values stands for each value of the old one.
class Rewriting {
 public:
  /// Takes all of the old graph but its nodes, which are given one by one.
  explicit Rewriting(Graph old) : old_values_(std::move(old.values)), result_(std::move(old)), replacement_(old_values_.size(), 0) {
    result_.values = {old_values_.front()};
    result_.nodes.clear();
  }

  void keep(Node&& node) {
    for (ValueId& input : node.inputs) input = replacement(input);
    const ValueId output = node.output;
    const Shape& shape = old_values_[static_cast<std::size_t>(output)];
    replacement(output) = add_node(result_, std::move(node.op), std::move(node.inputs), shape, std::move(node.parameters), node.layer);
  }

  /// Lets `value` be what `node` writes from now on, in the shape that it has.
  void rewrite(Node& node, ValueId value) {
    result_.values[static_cast<std::size_t>(node.output)] = old_values_[static_cast<std::size_t>(value)];
    replacement(value) = node.output;
  }

  /// Lets `value` be what already stands for `other`.
  void replace(ValueId value, ValueId other) { replacement(value) = replacement(other); }

  /// The new graph's node that writes what stands for `value`, or nullptr for the input. Value i + 1 is written by node i.
  Node* writer(ValueId value) {
    const ValueId found = replacement(value);
    return found == 0 ? nullptr : &result_.nodes[static_cast<std::size_t>(found - 1)];
  }

  Graph finish() {
    result_.output = replacement(result_.output);
    return std::move(result_);
  }

 private:
  ValueId& replacement(ValueId value) { return replacement_[static_cast<std::size_t>(value)]; }

  std::vector<Shape> old_values_;
  Graph result_;
  std::vector<ValueId> replacement_;
};

}  // namespace

Graph join_nodes(Graph graph, const Join& join) {
  const std::vector<int> readers = count_readers(graph);
  std::vector<Node> nodes = std::move(graph.nodes);
  Rewriting rewriting(std::move(graph));
  for (Node& node : nodes) {
    const bool reads_alone = node.inputs.size() == 1 && readers[static_cast<std::size_t>(node.inputs[0])] == 1;
    Node* const writer = reads_alone ? rewriting.writer(node.inputs[0]) : nullptr;
    std::optional<Op> joined = writer != nullptr ? join(writer->op, node.op) : std::nullopt;
    if (!joined) {
      rewriting.keep(std::move(node));
      continue;
    }
    writer->op = *std::move(joined);
    writer->parameters.insert(writer->parameters.end(), node.parameters.begin(), node.parameters.end());
    rewriting.rewrite(*writer, node.output);
  }
  return rewriting.finish();
}

Graph remove_nodes(Graph graph, const std::function<bool(const Op&)>& removed) {
  std::vector<Node> nodes = std::move(graph.nodes);
  Rewriting rewriting(std::move(graph));
  for (Node& node : nodes) {
    if (removed(node.op))
      rewriting.replace(node.output, node.inputs.front());
    else
      rewriting.keep(std::move(node));
  }
  return rewriting.finish();
}

}  // namespace cnnctl
