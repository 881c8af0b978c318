#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

using Channels = std::vector<std::int64_t>;

void add_gather(Compiler& compiler, StepLabel label, const Tensor& x, const Tensor& y, Channels source) {
  const ChannelLayout out = *channel_layout(y.desc);
  source.resize(static_cast<std::size_t>(out.blocks * out.width), -1);
  label.implementation = "cnnctl";
  label.format = format_name(y.desc);
  compiler.add_kernel(std::move(label), {x, y},
                      [geometry = GatherGeometry{*channel_layout(x.desc), out, std::move(source)}](std::span<void* const> b) {
                        kernels().gather_channels(geometry, floats(b[0]), floats(b[1]));
                      });
}

/// `source`: for each channel of the result the input's.
Backward compile_gather(Compiler& compiler, const Node& node, const Channels& source) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = in_channel_blocks(compiler, input, layer);
  const Tensor y = allocate_blocked(compiler, node.output, x.desc);
  add_gather(compiler, {layer, "forward", "", ""}, x, y, source);
  compiler.set_value(node.output, y);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    Channels reader(static_cast<std::size_t>(c.shape(input).channels), -1);
    for (std::size_t channel = 0; channel < source.size(); ++channel)
      reader[static_cast<std::size_t>(source[channel])] = static_cast<std::int64_t>(channel);
    add_gather(c, {layer, "backward data", "", ""}, dy, dx, std::move(reader));
    c.add_gradient(input, dx);
  };
}

}  // namespace

Backward compile(Compiler& compiler, const Node& node, const ChannelShuffle& op) {
  const std::int64_t channels = compiler.shape(node.inputs[0]).channels, column = channels / op.groups;
  Channels source;
  for (std::int64_t c = 0; c < channels; ++c) source.push_back(c % op.groups * column + c / op.groups);
  return compile_gather(compiler, node, source);
}

Backward compile(Compiler& compiler, const Node& node, const Slice& op) {
  Channels source;
  for (std::int64_t c = op.begin; c < op.end; ++c) source.push_back(c);
  return compile_gather(compiler, node, source);
}

}  // namespace cnnctl
