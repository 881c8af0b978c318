#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {

Graph fold_batch_norm(Graph graph) {
  return join_nodes(std::move(graph), [](const Op& first, const Op& second) -> std::optional<Op> {
    const auto* convolution = std::get_if<Convolution>(&first);
    const auto* norm = std::get_if<BatchNorm>(&second);
    if (convolution == nullptr || convolution->norm || convolution->activation || norm == nullptr || norm->activation) return std::nullopt;
    Convolution joined = *convolution;
    joined.norm = *norm;
    return joined;
  });
}

}  // namespace cnnctl
