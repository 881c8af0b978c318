#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {

/// Groups of channels do not follow the blocks of a blocked format, so this one works on plain maps.
Backward compile(Compiler& compiler, const Node& node, const Maxout& op) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = compiler.in_format(compiler.value(input), plain_desc(dims_of(compiler.value(input).desc)), layer);
  const Tensor y = compiler.allocate(plain_desc(compiler.dims(node.output)));
  const Shape& out = compiler.shape(node.output);
  const std::int64_t groups = compiler.batch_size() * out.channels, pixels = out.height * out.width;
  compiler.add_kernel({layer, "forward", "cnnctl", format_name(y.desc)}, {x, y}, [op, groups, pixels](std::span<void* const> b) {
    kernels().maxout_forward(groups, op.pool_size, pixels, floats(b[0]), floats(b[1]));
  });
  compiler.set_value(node.output, y);
  compiler.keep_for_backward(x);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    c.add_kernel({layer, "backward data", "cnnctl", format_name(dx.desc)}, {x, dy, dx}, [op, groups, pixels](std::span<void* const> b) {
      kernels().maxout_backward(groups, op.pool_size, pixels, floats(b[0]), floats(b[1]), floats(b[2]));
    });
    c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
