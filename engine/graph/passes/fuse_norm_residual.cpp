#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {

Graph fuse_norm_residual(Graph graph) {
  const std::vector<Shape> shapes = graph.values;
  const auto shape = [&](ValueId id) { return shapes[static_cast<std::size_t>(id)]; };
  return join_into_readers(std::move(graph), [&](const Node& first, const Node& second) -> std::optional<Op> {
    const auto* norm = std::get_if<BatchNorm>(&first.op);
    const auto* sum = std::get_if<Binary>(&second.op);
    if (norm == nullptr || norm->residual || norm->activation || norm->pooling || sum == nullptr || sum->kind != Binary::Kind::add ||
        shape(second.inputs[0]) != shape(second.inputs[1]))
      return std::nullopt;
    BatchNorm joined = *norm;
    joined.residual = true;
    joined.activation = sum->activation;
    return joined;
  });
}

}  // namespace cnnctl
