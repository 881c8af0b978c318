#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {

Graph drop_training_only(const Graph& graph) {
  return remove_nodes(graph, [](const Op& op) { return std::holds_alternative<Dropout>(op); });
}

}  // namespace cnnctl
