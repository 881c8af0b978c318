#include <utility>
#include <variant>
#include <vector>

#include "engine/graph/backward_memory.h"
#include "engine/graph/passes/passes.h"
#include "engine/graph/recomputation.h"

namespace cnnctl {
namespace {

/// Whether the node's value is one pass over a map that its backward pass reads as well.
bool is_plain_norm(const Node& node) {
  const auto* norm = std::get_if<BatchNorm>(&node.op);
  return norm != nullptr && !norm->residual && !norm->pooling && !norm->frozen;
}

}  // namespace

Graph plan_norm_recomputation(Graph graph) {
  const std::vector<int> readers = count_readers(graph);
  int run = first_free_run(graph);
  for (std::size_t i = 1; i < graph.nodes.size(); ++i) {
    Node &norm = graph.nodes[i - 1], &convolution = graph.nodes[i];
    if (!is_plain_norm(norm) || !std::holds_alternative<Convolution>(convolution.op)) continue;
    const bool reads_it_alone = convolution.inputs.front() == norm.output && readers[index_of(norm.output)] == 1;
    const bool is_free = norm.recomputed == -1 && convolution.recomputed == -1;
    if (reads_it_alone && is_free && !kept_inputs(graph, convolution).empty()) norm.recomputed = convolution.recomputed = run++;
  }
  return graph;
}

}  // namespace cnnctl
