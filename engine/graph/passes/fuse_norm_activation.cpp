#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {
Graph fuse_norm_activation(Graph graph) {
  return join_nodes(std::move(graph), [](const Op& first, const Op& second) -> std::optional<Op> {
    const auto* norm = std::get_if<BatchNorm>(&first);
    const auto* activation = std::get_if<Eltwise>(&second);
    if (norm == nullptr || norm->frozen || norm->activation || norm->residual || activation == nullptr || !has_own_loop(*activation))
      return std::nullopt;
    BatchNorm joined = *norm;
    joined.activation = *activation;
    return joined;
  });
}

}  // namespace cnnctl
