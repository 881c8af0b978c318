#include <utility>

#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {
namespace {

bool can_join(const BatchNorm& norm, const Pooling& pooling) {
  return norm.activation == Eltwise{Eltwise::Function::relu} && !norm.residual && !norm.pooling && pooling.kind == Pooling::Kind::max &&
         has_byte_places(pooling);
}

}  // namespace

Graph fuse_norm_pooling(Graph graph) {
  return join_nodes(std::move(graph), [](const Op& first, const Op& second) -> std::optional<Op> {
    const auto* norm = std::get_if<BatchNorm>(&first);
    const auto* pooling = std::get_if<Pooling>(&second);
    if (norm == nullptr || pooling == nullptr || !can_join(*norm, *pooling)) return std::nullopt;
    BatchNorm joined = *norm;
    joined.pooling = *pooling;
    return joined;
  });
}

}  // namespace cnnctl
