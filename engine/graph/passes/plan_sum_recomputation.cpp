#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "engine/graph/backward_memory.h"
#include "engine/graph/passes/passes.h"
#include "engine/graph/recomputation.h"

namespace cnnctl {
namespace {

constexpr std::int64_t least_narrowing = 4;  // a bottleneck's

/// The nodes that read a value.
std::vector<Node*> readers_of(Graph& graph, ValueId value) {
  std::vector<Node*> readers;
  for (Node& node : graph.nodes)
    if (std::find(node.inputs.begin(), node.inputs.end(), value) != node.inputs.end()) readers.push_back(&node);
  return readers;
}

bool keeps(const Graph& graph, const Node& node, ValueId value) {
  const auto kept = kept_inputs(graph, node);
  return std::find(kept.begin(), kept.end(), value) != kept.end();
}

/// Whether the node adds the value to its norm, which its backward pass does not read.
bool only_adds(const Node& node, ValueId value) {
  return residual_norm(node) != nullptr && node.inputs[1] == value && node.inputs[0] != value;
}

/// Whether what the norm adds stands until the backward pass in any case.
bool has_addend_at_hand(Graph& graph, const Node& norm) {
  const ValueId addend = norm.inputs[1];
  const Node* const before = writer(graph, addend);
  if (before == nullptr || (before->recomputed != -1 && !values_that_stay(graph)[index_of(addend)])) return false;
  const std::vector<Node*> readers = readers_of(graph, addend);
  return std::any_of(readers.begin(), readers.end(), [&](const Node* node) { return node != &norm && keeps(graph, *node, addend); });
}

bool narrows(const Graph& graph, const Node& convolution) {
  const auto count = [&](ValueId value) { return graph.values[index_of(value)].count(); };
  return std::holds_alternative<Convolution>(convolution.op) &&
         least_narrowing * count(convolution.output) <= count(convolution.inputs.front());
}

/// Whether all that read the sum are convolutions and further sums that no run holds, a bottleneck's first convolution among them, which
/// reads it again for its weights.
bool leads_to_bottleneck(const Graph& graph, const std::vector<Node*>& readers, ValueId sum) {
  const bool all_fit = std::all_of(readers.begin(), readers.end(), [&](const Node* node) {
    return node->recomputed == -1 && (std::holds_alternative<Convolution>(node->op) || only_adds(*node, sum));
  });
  return all_fit &&
         std::any_of(readers.begin(), readers.end(), [&](const Node* node) { return narrows(graph, *node) && keeps(graph, *node, sum); });
}

}  // namespace

Graph plan_sum_recomputation(Graph graph) {
  int run = first_free_run(graph);
  for (Node& norm : graph.nodes) {
    if (residual_norm(norm) == nullptr || norm.recomputed != -1 || norm.output == graph.output) continue;
    const std::vector<Node*> readers = readers_of(graph, norm.output);
    if (!has_addend_at_hand(graph, norm) || !leads_to_bottleneck(graph, readers, norm.output)) continue;
    norm.recomputed = run;
    for (Node* const reader : readers) reader->recomputed = run;
    ++run;
  }
  return graph;
}

}  // namespace cnnctl
