#pragma once

#include <functional>

#include "engine/graph/graph.h"
#include "engine/runtime/compiler.h"

namespace cnnctl {

/// Compiles a node's backward steps; called in training when the gradient of its output is complete.
using Backward = std::function<void(Compiler&)>;

/// Compiles a node's forward steps, sets its output's tensor, and returns its backward. One overload a kind of Op, each in a file of its
/// name; a kind without one does not compile. In training each calls Compiler::keep on what its backward reads.
Backward compile(Compiler& compiler, const Node& node, const Convolution& op);
Backward compile(Compiler& compiler, const Node& node, const BatchNorm& op);
Backward compile(Compiler& compiler, const Node& node, const Eltwise& op);
Backward compile(Compiler& compiler, const Node& node, const Pooling& op);
Backward compile(Compiler& compiler, const Node& node, const AdaptivePooling& op);
Backward compile(Compiler& compiler, const Node& node, const InnerProduct& op);
Backward compile(Compiler& compiler, const Node& node, const Dropout& op);
Backward compile(Compiler& compiler, const Node& node, const Softmax& op);
Backward compile(Compiler& compiler, const Node& node, const Flatten& op);

/// The overload for the node's kind. A failure names the layer.
Backward compile_node(Compiler& compiler, const Node& node);

/// oneDNN's algorithm for an element-wise function.
dnnl::algorithm eltwise_algorithm(const Eltwise& op);

/// A pooling's or convolution's window as oneDNN takes it.
WindowDims window_dims(const Window& vertical, const Window& horizontal);

}  // namespace cnnctl
