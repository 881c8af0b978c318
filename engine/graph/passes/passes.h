#pragma once

#include "engine/graph/graph.h"

namespace cnnctl {

/// Joins every element-wise function that alone reads a batch_norm into it (training and evaluation), where our own loops have it: all but
/// elu, sigmoid, tanh and the two of gelu. Not where the norm is frozen. One pass over memory instead of two.
Graph fuse_norm_activation(Graph graph);

/// Joins every max pooling that alone reads a batch_norm with relu into it (training only): the normalized map is then never written. A
/// gain of our own loops: docs/performance.md.
Graph fuse_norm_pooling(Graph graph);

/// Joins every batch_norm that alone reads a convolution into it, its parameters appended to the convolution's (evaluation only).
/// Jacob et al., "Quantization and Training of Neural Networks", 2018, section 3.2.
Graph fold_batch_norm(Graph graph);

/// Joins every element-wise function that alone reads a convolution into it as a post-operation (evaluation only); behind a sum only relu.
/// hardsigmoid and softplus stay apart: they do not keep zeros zero, and oneDNN 2.6 has no such post-operations.
Graph fuse_activation(Graph graph);

/// Joins every relu that alone reads a sum or a product into it (training and evaluation): one pass over memory instead of two.
Graph fuse_binary_relu(Graph graph);

/// Joins every sum of two values of one shape, one of them written by a convolution that nothing else reads, into that convolution
/// (evaluation only), which then adds the other value before it writes its result. Of two such convolutions it takes the later one. The
/// joined node stands where the sum stood: the other value may be written between the two.
Graph fuse_residual(Graph graph);

/// Joins every sum of two values of one shape, one of them written by a batch_norm that nothing else reads, with the sum's relu into that
/// batch_norm (training only), which then adds the other value before it writes its result: one pass over memory instead of two, and in the
/// backward the shortcut's gradient is made where the norm's sums are. Of two such norms it takes the later one. The joined node stands
/// where the sum stood. Not where the norm is frozen.
Graph fuse_norm_residual(Graph graph);

/// Joins every depthwise convolution that our own loops take and that has no bias, the batch_norm that alone reads it, and a batch_norm
/// that it alone reads, all with the functions joined to them (training only): the maps in front of the convolution and behind it pass
/// through a cache, and what the first norm gives is not stored. Not where a norm is frozen.
Graph fuse_norm_depthwise(Graph graph);

/// Joins every depthwise convolution that our own loops take, the 1x1 convolution that alone reads it, and a 1x1 convolution or the
/// network's first one (engine/graph/first_convolution.h) that it alone reads (evaluation only), where an image's map between them is
/// larger than a cache: of that map only a few rows are there at a time. Source of the name: Sandler et al., "MobileNetV2: Inverted
/// Residuals and Linear Bottlenecks", 2018.
Graph fuse_inverted_residual(Graph graph);

/// Removes what evaluation does not compute or tell apart: dropout, drop_path, and that a batch_norm is frozen.
Graph drop_training_only(Graph graph);

/// Cuts the graph, as the other passes leave it, into runs of consecutive nodes where few values cross (training only), as between
/// residual blocks, and marks those whose inner values are to be computed again in the backward pass (Node::recomputed), so that the most
/// that is alive at a time is as little as runs allow. Those for which there is room beside that stay as they are. Source: Chen et al.,
/// "Training deep nets with sublinear memory cost", 2016.
Graph plan_recomputation(Graph graph);

/// Marks every batch_norm that one convolution alone reads, the node behind it, and that convolution as a run of its own (Node::recomputed;
/// training only), where they are in none: what the norm gives is not kept, but computed again in front of the gradient by the weights from
/// what the norm's own backward pass reads anyhow. Not where the norm is frozen, or joined with a sum or a pooling. Source: Pleiss et al.,
/// "Memory-Efficient Implementation of DenseNets", 2017.
Graph plan_norm_recomputation(Graph graph);

/// Marks sums that bottleneck blocks begin with, joined to the norm in front of them, and the nodes that read them as runs of their own
/// (Node::recomputed; training only), where they are in none: the sum is not kept, but computed again from what the norm's backward pass
/// reads and from the sum one block earlier, which is kept for that. So of the sums in a row every second one is. Not where something
/// beside convolutions and the next sum reads it.
Graph plan_sum_recomputation(Graph graph);

/// The passes for training: fuse_norm_activation, fuse_norm_pooling, fuse_binary_relu, fuse_norm_residual, fuse_norm_depthwise, with
/// `recompute` plan_recomputation, plan_norm_recomputation, and plan_sum_recomputation.
Graph prepare_for_training(Graph graph, bool recompute = false);

/// The passes for evaluation: drop_training_only, fold_batch_norm, fuse_norm_activation, fuse_binary_relu, fuse_residual, fuse_activation,
/// fuse_inverted_residual.
Graph prepare_for_evaluation(Graph graph);

}  // namespace cnnctl
