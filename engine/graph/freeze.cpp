#include "engine/graph/freeze.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <variant>

#include "engine/graph/glob.h"

namespace cnnctl {

void freeze(Graph& graph, const std::vector<std::string>& globs) {
  for (Parameter& parameter : graph.parameters) {
    if (!parameter.trainable || !matches_any(globs, parameter.name)) continue;
    parameter.trainable = false;
    parameter.frozen = true;
  }
  for (Node& node : graph.nodes) {
    auto* norm = std::get_if<BatchNorm>(&node.op);
    if (norm == nullptr) continue;
    const auto decisive = std::span(node.parameters).first(2);  // weight and bias, or without them the statistics
    norm->frozen = std::all_of(decisive.begin(), decisive.end(),
                               [&](ParameterId id) { return matches_any(globs, graph.parameters[static_cast<std::size_t>(id)].name); });
  }
}

}  // namespace cnnctl
