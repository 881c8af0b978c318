#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/runtime/compiler.h"
#include "engine/runtime/kernels/kernels.h"

namespace cnnctl {

/// Compiles a node's backward steps; called in training when the gradient of its output is complete.
using Backward = std::function<void(Compiler&)>;

/// Compiles a node's forward steps, sets its output's tensor, and returns its backward. One overload a kind of Op, each in a file of its
/// name; a kind without one does not compile. In training each calls Compiler::keep on what its backward reads. What its steps write they
/// write as StepUses says, so that they can run again (train.recompute), and what must not, they add by Compiler::add_kernel_once.
Backward compile(Compiler& compiler, const Node& node, const Convolution& op);
Backward compile(Compiler& compiler, const Node& node, const BatchNorm& op);
Backward compile(Compiler& compiler, const Node& node, const NormDepthwise& op);
Backward compile(Compiler& compiler, const Node& node, const InvertedResidual& op);
Backward compile(Compiler& compiler, const Node& node, const Eltwise& op);
Backward compile(Compiler& compiler, const Node& node, const Pooling& op);
Backward compile(Compiler& compiler, const Node& node, const AdaptivePooling& op);
Backward compile(Compiler& compiler, const Node& node, const InnerProduct& op);
Backward compile(Compiler& compiler, const Node& node, const Dropout& op);
Backward compile(Compiler& compiler, const Node& node, const Softmax& op);
Backward compile(Compiler& compiler, const Node& node, const Flatten& op);
Backward compile(Compiler& compiler, const Node& node, const Binary& op);
Backward compile(Compiler& compiler, const Node& node, const Concat& op);
Backward compile(Compiler& compiler, const Node& node, const ChannelScale& op);
Backward compile(Compiler& compiler, const Node& node, const Maxout& op);
Backward compile(Compiler& compiler, const Node& node, const LocalResponseNorm& op);
Backward compile(Compiler& compiler, const Node& node, const LayerNorm& op);
Backward compile(Compiler& compiler, const Node& node, const GroupNorm& op);
Backward compile(Compiler& compiler, const Node& node, const Pad& op);
Backward compile(Compiler& compiler, const Node& node, const ChannelShuffle& op);
Backward compile(Compiler& compiler, const Node& node, const Slice& op);

/// The overload for the node's kind. A failure names the layer, of its backward as well.
Backward compile_node(Compiler& compiler, const Node& node);

/// Our own loop for an element-wise function, which batch norm may also have joined to it; nothing for elu, sigmoid, tanh and the two of
/// gelu. The library's relu and clip turn a NaN into 0, its mish and soft_relu lose the small results of negative inputs, its hardswish has
/// other derivatives at the kinks, and 2.6 has no hardsigmoid.
std::optional<EltwiseLoop> own_loop(const Eltwise& op);

/// The loop of a function that a pass has joined to something, if any. Throws where our own loops do not have it: it must not vanish.
std::optional<EltwiseLoop> joined_loop(const std::optional<Eltwise>& activation);

/// How oneDNN computes an element-wise function.
struct EltwiseAlgorithm {
  dnnl::algorithm algorithm;
  float alpha = 0;
  float beta = 0;
};

/// oneDNN's algorithm for an element-wise function that fuse_activation may join to a convolution; undef for the others.
EltwiseAlgorithm eltwise_algorithm(const Eltwise& op);

/// Attributes of a primitive that adds what its result's memory holds before (`sum`), and then applies a function.
dnnl::primitive_attr post_operations(bool sum, const std::optional<Eltwise>& activation);

/// A step that combines a and b, element by element, to y; all of one format. y may be either.
void add_combination(Compiler& compiler, const std::string& layer, const char* pass, const Combination& what, const Tensor& a,
                     const Tensor& b, const Tensor& y);

/// A step that writes dy where relu's result y is positive, else 0, to `dx`; all of one format. dx may be dy.
void add_relu_backward(Compiler& compiler, const std::string& layer, const Tensor& y, const Tensor& dy, const Tensor& dx);

/// A max pooling as our own loops take it, between maps of these formats; nothing where they cannot do it: other layouts than blocks of 8
/// or 16 channels, windows without has_byte_places.
std::optional<PoolingGeometry> pooling_geometry(const Pooling& op, const Desc& src, const Desc& dst);

/// The format of a map with its channels in blocks that fill a vector of this machine.
Desc vector_blocked_desc(const Dims& dims);

/// Whether a map has its channels in blocks of 8 or 16.
bool in_vector_blocks(const Desc& desc);

/// A value with its channels in blocks of 8 or 16, as our own loops take them: itself, or a copy. A vector counts as a map of one pixel, N
/// x features x 1 x 1.
Tensor in_channel_blocks(Compiler& compiler, ValueId value, const std::string& layer);

/// Memory for a value with its channels in blocks of the same size as `like`.
Tensor allocate_blocked(Compiler& compiler, ValueId value, const Desc& like);

/// What a pooling's output pixels cover in one dimension, of these sizes in pixels.
using MakeSpans = std::function<std::vector<PoolingSpan>(std::int64_t in, std::int64_t out)>;

/// Compiles a mean over windows by our own loops.
Backward compile_average_pooling(Compiler& compiler, const Node& node, const MakeSpans& rows, const MakeSpans& columns);

/// A step's buffer of numbers.
inline float* floats(void* buffer) { return static_cast<float*>(buffer); }

/// A pooling's or convolution's window as oneDNN takes it.
WindowDims window_dims(const Window& vertical, const Window& horizontal);

}  // namespace cnnctl
