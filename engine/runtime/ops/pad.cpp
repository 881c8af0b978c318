#include <algorithm>

#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

/// The input's row (or column) that stands at place `i` counted from its first, which may be outside; -1 is the constant.
std::int64_t source_of(Pad::Mode mode, std::int64_t i, std::int64_t in) {
  if (i >= 0 && i < in) return i;
  switch (mode) {
    case Pad::Mode::reflect:
      return i < 0 ? -i : 2 * (in - 1) - i;
    case Pad::Mode::replicate:
      return std::clamp<std::int64_t>(i, 0, in - 1);
    case Pad::Mode::constant:
      break;
  }
  return -1;
}

std::vector<std::int64_t> sources(Pad::Mode mode, std::int64_t in, std::int64_t before, std::int64_t out) {
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < out; ++i) result.push_back(source_of(mode, i - before, in));
  return result;
}

}  // namespace

Backward compile(Compiler& compiler, const Node& node, const Pad& op) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = in_channel_blocks(compiler, input, layer);
  const Tensor y = allocate_blocked(compiler, node.output, x.desc);
  const ChannelLayout in = *channel_layout(x.desc), out = *channel_layout(y.desc);
  const PadGeometry geometry{in, out, sources(op.mode, in.height_pixels, op.top, out.height_pixels),
                             sources(op.mode, in.width_pixels, op.left, out.width_pixels), op.value};
  compiler.add_kernel({layer, "forward", "cnnctl", format_name(y.desc)}, {x, y},
                      [geometry](std::span<void* const> b) { kernels().pad_forward(geometry, floats(b[0]), floats(b[1])); });
  compiler.set_value(node.output, y);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    c.add_kernel({layer, "backward data", "cnnctl", format_name(dx.desc)}, {dy, dx},
                 [geometry](std::span<void* const> b) { kernels().pad_backward(geometry, floats(b[0]), floats(b[1])); });
    c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
