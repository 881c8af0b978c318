#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {

Graph fuse_residual(Graph graph) {
  return join_into_sums(std::move(graph), [](const Op& first, const std::optional<Eltwise>& activation) -> std::optional<Op> {
    const auto* convolution = std::get_if<Convolution>(&first);
    if (convolution == nullptr || convolution->residual || convolution->activation) return std::nullopt;
    Convolution joined = *convolution;
    joined.residual = true;
    joined.activation = activation;
    return joined;
  });
}

}  // namespace cnnctl
