#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

/// What format_like can name; some processors' libraries also have blocks of 4 or 32 channels.
bool has_like(const std::optional<ChannelLayout>& layout) {
  return layout && (layout->width == 1 || layout->width == layout->channels || has_vector_blocks(*layout));
}

/// The same format for other dimensions: blocked by as many channels, channels last, or plain.
Desc format_like(const ChannelLayout& layout, const Dims& dims) {
  if (layout.width == 8) return f32_desc(dims, FormatTag::nChw8c);
  if (layout.width == 16) return f32_desc(dims, FormatTag::nChw16c);
  return f32_desc(dims, layout.width == 1 ? FormatTag::nchw : FormatTag::nhwc);
}

}  // namespace

/// oneDNN has no pooling over uneven windows.
Backward compile(Compiler& compiler, const Node& node, const AdaptivePooling&) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  Tensor x = compiler.value(input);
  if (!has_like(channel_layout(x.desc))) x = compiler.in_format(x, plain_desc(compiler.dims(input)), layer);
  const ChannelLayout in = *channel_layout(x.desc);
  const Tensor y = compiler.allocate(format_like(in, compiler.dims(node.output)));
  ChannelLayout out = in;
  out.height_pixels = compiler.shape(node.output).height;
  out.width_pixels = compiler.shape(node.output).width;
  compiler.add_kernel({layer, "forward", "cnnctl", format_name(y.desc)}, {x, y}, [in, out](std::span<void* const> b) {
    kernels().adaptive_pool_forward(in, out, static_cast<const float*>(b[0]), static_cast<float*>(b[1]));
  });
  compiler.set_value(node.output, y);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output, layer), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    c.add_kernel({layer, "backward data", "cnnctl", format_name(dx.desc)}, {dy, dx}, [in, out](std::span<void* const> b) {
      kernels().adaptive_pool_backward(in, out, static_cast<const float*>(b[0]), static_cast<float*>(b[1]));
    });
    c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
