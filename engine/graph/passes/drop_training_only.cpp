#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {

Graph drop_training_only(Graph graph) {
  return remove_nodes(std::move(graph), [](const Op& op) { return std::holds_alternative<Dropout>(op); });
}

}  // namespace cnnctl
