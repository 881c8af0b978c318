#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {

Graph fuse_norm_residual(Graph graph) {
  return join_into_sums(std::move(graph), [](const Op& first, const std::optional<Eltwise>& activation) -> std::optional<Op> {
    const auto* norm = std::get_if<BatchNorm>(&first);
    if (norm == nullptr || norm->frozen || norm->residual || norm->activation || norm->pooling) return std::nullopt;
    BatchNorm joined = *norm;
    joined.residual = true;
    joined.activation = activation;
    return joined;
  });
}

}  // namespace cnnctl
