#include <utility>

#include "engine/graph/passes/passes.h"

namespace cnnctl {

Graph prepare_for_training(Graph graph, bool recompute) {
  graph = fuse_norm_pooling(fuse_norm_activation(std::move(graph)));
  graph = fuse_norm_depthwise(fuse_norm_residual(fuse_binary_relu(std::move(graph))));
  return plan_sum_recomputation(plan_norm_recomputation(recompute ? plan_recomputation(std::move(graph)) : std::move(graph)));
}

Graph prepare_for_evaluation(Graph graph) {
  graph = fuse_norm_activation(fold_batch_norm(drop_training_only(std::move(graph))));
  graph = fuse_activation(fuse_residual(fuse_binary_relu(std::move(graph))));
  return fuse_inverted_residual(std::move(graph));
}

}  // namespace cnnctl
