#include "engine/graph/passes/passes.h"

namespace cnnctl {

Graph prepare_for_training(const Graph& graph) { return fuse_binary_relu(fuse_norm_pooling(fuse_norm_relu(graph))); }

Graph prepare_for_evaluation(const Graph& graph) {
  const Graph folded = fuse_norm_relu(fold_batch_norm(drop_training_only(graph)));
  return fuse_activation(fuse_residual(fuse_binary_relu(folded)));
}

}  // namespace cnnctl
