#include <utility>
#include <vector>

#include "engine/graph/depthwise.h"
#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {
namespace {

/// The node's op where it is a batch norm with at most a function joined to it, and not frozen.
const BatchNorm* simple_norm(const Node& node) {
  const auto* norm = std::get_if<BatchNorm>(&node.op);
  return norm != nullptr && !norm->frozen && !norm->residual && !norm->pooling ? norm : nullptr;
}

Graph join_norms_behind(Graph graph) {
  const std::vector<Shape> shapes = graph.values;
  return join_into_readers(std::move(graph), [&](const Node& first, const Node& second) -> std::optional<Op> {
    const auto* convolution = std::get_if<Convolution>(&first.op);
    const BatchNorm* norm = simple_norm(second);
    if (convolution == nullptr || norm == nullptr || convolution->bias) return std::nullopt;
    if (!suits_depthwise(*convolution, shapes[static_cast<std::size_t>(first.inputs.front())].channels)) return std::nullopt;
    return NormDepthwise{std::nullopt, *convolution, *norm};
  });
}

Graph join_norms_before(Graph graph) {
  return join_into_readers(std::move(graph), [](const Node& first, const Node& second) -> std::optional<Op> {
    const BatchNorm* norm = simple_norm(first);
    const auto* joined = std::get_if<NormDepthwise>(&second.op);
    if (norm == nullptr || joined == nullptr) return std::nullopt;
    return NormDepthwise{*norm, joined->convolution, joined->behind};
  });
}

}  // namespace

Graph fuse_norm_depthwise(Graph graph) { return join_norms_before(join_norms_behind(std::move(graph))); }

}  // namespace cnnctl
