#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {

Graph drop_training_only(Graph graph) {
  for (Node& node : graph.nodes)
    if (auto* norm = std::get_if<BatchNorm>(&node.op)) norm->frozen = false;  // in evaluation all of them are alike
  return remove_nodes(std::move(graph), [](const Op& op) { return std::holds_alternative<Dropout>(op); });
}

}  // namespace cnnctl
