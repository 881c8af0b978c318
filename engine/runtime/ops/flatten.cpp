#include "engine/runtime/ops/ops.h"

namespace cnnctl {

/// The tensor keeps its four dimensions and its format: who needs the elements of a vector in order asks for them (Compiler::as_vector),
/// and an inner product does not.
Backward compile(Compiler& compiler, const Node& node, const Flatten&) {
  const ValueId input = node.inputs[0];
  compiler.set_value(node.output, compiler.value(input));
  return [&node, input](Compiler& c) {
    if (c.needs_gradient(input)) c.add_gradient(input, c.gradient(node.output));
  };
}

}  // namespace cnnctl
