#include "engine/graph/passes/rewrite.h"

#include <algorithm>
#include <functional>
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
    result_.nodes.reserve(old_values_.size());
    result_.values.reserve(old_values_.size());
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

  /// The new graph's node that writes what stands for `value`, or nullptr for the input.
  Node* writer(ValueId value) { return cnnctl::writer(result_, replacement(value)); }

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

/// What a node takes into itself: the node `first`, by which both become `op`; or nothing.
struct Absorption {
  std::size_t first = 0;
  std::optional<Op> op;
};

/// For every node of the graph. Each node is taken in at most once, since one node alone reads its value.
std::vector<Absorption> find_absorptions(const Graph& graph, const NodeJoin& join) {
  const std::vector<int> readers = count_readers(graph);
  std::vector<Absorption> absorptions(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    std::vector<ValueId> inputs = graph.nodes[i].inputs;
    std::sort(inputs.begin(), inputs.end(), std::greater<>());
    for (const ValueId input : inputs) {
      if (input == 0 || readers[static_cast<std::size_t>(input)] != 1) continue;
      const auto first = static_cast<std::size_t>(writer(graph, input) - graph.nodes.data());
      // What has itself taken a node in is no longer what `join` would see.
      if (absorptions[first].op) continue;
      absorptions[i] = {first, join(graph.nodes[first], graph.nodes[i])};
      if (absorptions[i].op) break;
    }
  }
  return absorptions;
}

Node joined(Node first, const Node& second, Op op) {
  for (const ValueId input : second.inputs)
    if (input != first.output) first.inputs.push_back(input);
  first.op = std::move(op);
  first.output = second.output;
  first.parameters.insert(first.parameters.end(), second.parameters.begin(), second.parameters.end());
  return first;
}

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

Graph join_into_readers(Graph graph, const NodeJoin& join) {
  std::vector<Absorption> absorptions = find_absorptions(graph, join);
  std::vector<bool> absorbed(graph.nodes.size(), false);
  for (const Absorption& absorption : absorptions)
    if (absorption.op) absorbed[absorption.first] = true;
  std::vector<Node> nodes = std::move(graph.nodes);
  Rewriting rewriting(std::move(graph));
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (absorbed[i]) continue;
    if (absorptions[i].op) nodes[i] = joined(std::move(nodes[absorptions[i].first]), nodes[i], *std::move(absorptions[i].op));
    rewriting.keep(std::move(nodes[i]));
  }
  return rewriting.finish();
}

Graph join_into_sums(Graph graph, const SumJoin& join) {
  const std::vector<Shape> shapes = graph.values;
  const auto shape = [&](ValueId id) { return shapes[static_cast<std::size_t>(id)]; };
  return join_into_readers(std::move(graph), [&](const Node& first, const Node& second) -> std::optional<Op> {
    const auto* sum = std::get_if<Binary>(&second.op);
    if (sum == nullptr || sum->kind != Binary::Kind::add || shape(second.inputs[0]) != shape(second.inputs[1])) return std::nullopt;
    return join(first.op, sum->activation);
  });
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
