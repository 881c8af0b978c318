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

using Readers = std::vector<std::size_t>;  // nodes, by index

/// By value, the nodes that read it.
std::vector<Readers> readers_by_value(const Graph& graph) {
  std::vector<Readers> readers(graph.values.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    for (const ValueId input : graph.nodes[i].inputs) readers[index_of(input)].push_back(i);
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

/// Whether what the norm adds, which `readers` read, stands until the backward pass in any case: another node's backward pass reads it.
bool has_addend_at_hand(const Graph& graph, const Readers& readers, const Node& norm) {
  return std::any_of(readers.begin(), readers.end(), [&](std::size_t i) {
    const Node& node = graph.nodes[i];
    return node.output != norm.output && keeps(graph, node, norm.inputs[1]);
  });
}

bool narrows(const Graph& graph, const Node& convolution) {
  const auto count = [&](ValueId value) { return graph.values[index_of(value)].count(); };
  return std::holds_alternative<Convolution>(convolution.op) &&
         least_narrowing * count(convolution.output) <= count(convolution.inputs.front());
}

/// Whether all that read the sum are convolutions and further sums that no run holds, a bottleneck's first convolution among them, which
/// reads it again for its weights.
bool leads_to_bottleneck(const Graph& graph, const Readers& readers, ValueId sum) {
  const auto fits = [&](std::size_t i) {
    const Node& node = graph.nodes[i];
    return node.recomputed == -1 && (std::holds_alternative<Convolution>(node.op) || only_adds(node, sum));
  };
  const auto begins_bottleneck = [&](std::size_t i) { return narrows(graph, graph.nodes[i]) && keeps(graph, graph.nodes[i], sum); };
  return std::all_of(readers.begin(), readers.end(), fits) && std::any_of(readers.begin(), readers.end(), begins_bottleneck);
}

}  // namespace

Graph plan_sum_recomputation(Graph graph) {
  const std::vector<Readers> readers = readers_by_value(graph);
  int run = first_free_run(graph);
  for (Node& norm : graph.nodes) {
    if (residual_norm(norm) == nullptr || norm.recomputed != -1 || norm.output == graph.output) continue;
    const Readers& of_sum = readers[index_of(norm.output)];
    if (!has_addend_at_hand(graph, readers[index_of(norm.inputs[1])], norm) || !leads_to_bottleneck(graph, of_sum, norm.output)) continue;
    norm.recomputed = run;
    for (const std::size_t reader : of_sum) graph.nodes[reader].recomputed = run;
    ++run;
  }
  return graph;
}

}  // namespace cnnctl
