#include <utility>
#include <vector>

#include "engine/graph/depthwise.h"
#include "engine/graph/first_convolution.h"
#include "engine/graph/passes/passes.h"
#include "engine/graph/passes/rewrite.h"

namespace cnnctl {
namespace {

// Bytes of one image in front of the depthwise convolution. Smaller maps stay in the caches between the library's primitives.
constexpr std::int64_t least_map_bytes = 512 * 1024;

bool own_loops_have(const std::optional<Eltwise>& activation) { return !activation || has_own_loop(*activation); }

Graph join_projections(Graph graph) {
  const std::vector<Shape> shapes = graph.values;
  return join_into_readers(std::move(graph), [&](const Node& first, const Node& second) -> std::optional<Op> {
    const auto* depthwise = std::get_if<Convolution>(&first.op);
    const auto* project = std::get_if<Convolution>(&second.op);
    if (depthwise == nullptr || project == nullptr || !is_pointwise(*project) || second.inputs.front() != first.output) return std::nullopt;
    const Shape& map = shapes[static_cast<std::size_t>(first.inputs.front())];
    const bool suits =
        suits_depthwise(*depthwise, map.channels) && map.count() * static_cast<std::int64_t>(sizeof(float)) >= least_map_bytes;
    if (!suits || depthwise->residual || !own_loops_have(depthwise->activation) || !own_loops_have(project->activation))
      return std::nullopt;
    return InvertedResidual{std::nullopt, *depthwise, *project};
  });
}

Graph join_expansions(Graph graph) {
  const std::int64_t channels = graph.values.front().channels;
  return join_into_readers(std::move(graph), [=](const Node& first, const Node& second) -> std::optional<Op> {
    const auto* expand = std::get_if<Convolution>(&first.op);
    const auto* block = std::get_if<InvertedResidual>(&second.op);
    if (expand == nullptr || block == nullptr || second.inputs.front() != first.output) return std::nullopt;
    const bool is_first = first.inputs.front() == 0 && suits_first_rows(*expand, channels);
    if (!is_first && !is_pointwise(*expand)) return std::nullopt;
    if (block->expand || expand->residual || !own_loops_have(expand->activation)) return std::nullopt;
    return InvertedResidual{*expand, block->depthwise, block->project};
  });
}

}  // namespace

Graph fuse_inverted_residual(Graph graph) { return join_expansions(join_projections(std::move(graph))); }

}  // namespace cnnctl
