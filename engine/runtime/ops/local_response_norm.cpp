#include <algorithm>

#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"
#include "engine/runtime/threads.h"

namespace cnnctl {

/// By our own loops: the library's are the plain reference for most sizes, and take twice the memory of the input for the backward.
Backward compile(Compiler& compiler, const Node& node, const LocalResponseNorm& op) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = in_channel_blocks(compiler, input, layer);
  const Tensor y = compiler.allocate(x.desc);
  const ChannelLayout layout = *channel_layout(x.desc);
  const std::int64_t farthest = layout.channels - 1;
  const LocalResponseGeometry geometry{layout,
                                       std::min(op.size / 2, farthest),
                                       std::min((op.size - 1) / 2, farthest),
                                       op.alpha / static_cast<float>(op.size),
                                       op.beta,
                                       op.k,
                                       threads()};
  const std::int64_t scratch = local_response_scratch(geometry) * geometry.threads;
  compiler.add_kernel(
      {layer, "forward", "cnnctl", format_name(y.desc)}, {x, y, compiler.allocate_floats(scratch)},
      [geometry](std::span<void* const> b) { kernels().local_response_forward(geometry, floats(b[0]), floats(b[1]), floats(b[2])); });
  compiler.set_value(node.output, y);
  compiler.keep_for_backward(x);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    c.add_kernel({layer, "backward data", "cnnctl", format_name(dx.desc)}, {x, dy, dx, c.allocate_floats(scratch)},
                 [geometry](std::span<void* const> b) {
                   kernels().local_response_backward(geometry, floats(b[0]), floats(b[1]), floats(b[2]), floats(b[3]));
                 });
    c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
