#pragma once

#include "engine/graph/graph.h"

namespace cnnctl {

/// Joins every relu that alone reads a batch_norm into it (training and evaluation): one primitive instead of two passes over memory.
Graph fuse_norm_relu(Graph graph);

/// Joins every max pooling whose windows do not overlap and that alone reads a batch_norm with relu into it (training only): the normalized
/// map is then never written. A gain of our own loops: docs/performance.md.
Graph fuse_norm_pooling(Graph graph);

/// Joins every batch_norm that alone reads a convolution into it, its parameters appended to the convolution's (evaluation only).
/// Jacob et al., "Quantization and Training of Neural Networks", 2018, section 3.2.
Graph fold_batch_norm(Graph graph);

/// Joins every element-wise function that alone reads a convolution into it as a post-operation (evaluation only). hardsigmoid and softplus
/// stay apart: oneDNN 2.6 has no such post-operations.
Graph fuse_activation(Graph graph);

/// Removes what evaluation does not compute: dropout and drop_path.
Graph drop_training_only(Graph graph);

/// The passes for training: fuse_norm_relu, fuse_norm_pooling.
Graph prepare_for_training(Graph graph);

/// The passes for evaluation: drop_training_only, fold_batch_norm, fuse_norm_relu, fuse_activation.
Graph prepare_for_evaluation(Graph graph);

}  // namespace cnnctl
