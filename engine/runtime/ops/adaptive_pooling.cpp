#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {

/// oneDNN has no pooling over uneven windows.
Backward compile(Compiler& compiler, const Node& node, const AdaptivePooling&) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  Tensor x = compiler.value(input);
  const Dims out_dims = compiler.dims(node.output);
  auto format = desc_like(x.desc, out_dims);
  if (!format) {
    x = compiler.in_format(x, plain_desc(compiler.dims(input)), layer);
    format = plain_desc(out_dims);
  }
  const ChannelLayout in = *channel_layout(x.desc);
  const Tensor y = compiler.allocate(*format);
  ChannelLayout out = in;
  out.height_pixels = compiler.shape(node.output).height;
  out.width_pixels = compiler.shape(node.output).width;
  compiler.add_kernel({layer, "forward", "cnnctl", format_name(y.desc)}, {x, y}, [in, out](std::span<void* const> b) {
    kernels().adaptive_pool_forward(in, out, static_cast<const float*>(b[0]), static_cast<float*>(b[1]));
  });
  compiler.set_value(node.output, y);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    c.add_kernel({layer, "backward data", "cnnctl", format_name(dx.desc)}, {dy, dx}, [in, out](std::span<void* const> b) {
      kernels().adaptive_pool_backward(in, out, static_cast<const float*>(b[0]), static_cast<float*>(b[1]));
    });
    c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
