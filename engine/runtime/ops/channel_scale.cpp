#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

/// The input in a layout that the loops take: of a vector, every feature is a channel of one pixel.
Tensor source_of(Compiler& compiler, const Node& node) {
  const Tensor& value = compiler.value(node.inputs[0]);
  const std::string& layer = compiler.layer_name(node);
  if (compiler.shape(node.inputs[0]).flat) return compiler.as_vector(value, layer);
  return channel_layout(value.desc) ? value : compiler.in_format(value, plain_desc(dims_of(value.desc)), layer);
}

}  // namespace

/// One loop of our own does both kinds; oneDNN has a primitive for prelu alone.
Backward compile(Compiler& compiler, const Node& node, const ChannelScale& op) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = source_of(compiler, node);
  const ChannelLayout layout = *channel_layout(x.desc);
  const ChannelScaleGeometry geometry{layout, op.shared, op.negative_only};
  const Desc weight = plain_desc({op.shared ? 1 : layout.channels});
  const bool in_place = !compiler.training() && x.buffer == compiler.value(input).buffer;
  const Tensor y = in_place ? Tensor{x.desc, compiler.overwrite_or_allocate(input).buffer} : compiler.allocate(x.desc);
  compiler.add_kernel(
      {layer, "forward", "cnnctl", format_name(y.desc)}, {x, compiler.parameter(node, 0, weight), y},
      [geometry](std::span<void* const> b) { kernels().channel_scale_forward(geometry, floats(b[0]), floats(b[1]), floats(b[2])); });
  compiler.set_value(node.output, y);
  compiler.keep_for_backward(x);
  return [=, &node, &layer](Compiler& c) {
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor scratch = c.allocate_floats(layout.images * layout.blocks * layout.width);
    const Tensor dx = c.overwrite_or_allocate_gradient(dy);
    c.add_kernel({layer, "backward", "cnnctl", format_name(dx.desc)},
                 {x, dy, c.parameter(node, 0, weight), dx, c.parameter_gradient(node, 0), scratch}, [geometry](std::span<void* const> b) {
                   kernels().channel_scale_backward(geometry, floats(b[0]), floats(b[1]), floats(b[2]), floats(b[3]), floats(b[4]),
                                                    floats(b[5]));
                 });
    if (c.needs_gradient(input)) c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
