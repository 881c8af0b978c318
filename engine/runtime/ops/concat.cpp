#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

/// The result's format: blocked where an input is, else the first input's.
Desc format_of_result(const std::vector<Tensor>& inputs, const Dims& dims) {
  for (const Tensor& input : inputs)
    if (in_vector_blocks(input.desc))
      if (const auto blocked = desc_like(input.desc, dims)) return *blocked;
  return desc_like(inputs.front().desc, dims).value_or(plain_desc(dims));
}

void add_copy(Compiler& c, const std::string& layer, const char* pass, const ChannelCopy& geometry, bool add, const Tensor& x,
              const Tensor& y) {
  c.add_kernel({layer, pass, "cnnctl", format_name(y.desc)}, {x, y},
               [geometry, add](std::span<void* const> b) { kernels().copy_channels(geometry, add, floats(b[0]), floats(b[1])); });
}

/// A tensor in a format that the loops know.
Tensor with_layout(Compiler& c, const Tensor& tensor, const std::string& layer) {
  return channel_layout(tensor.desc) ? tensor : c.in_format(tensor, vector_blocked_desc(dims_of(tensor.desc)), layer);
}

}  // namespace

/// By our own loops: the library's fall to its reference implementation where channels do not fill whole blocks.
Backward compile(Compiler& compiler, const Node& node, const Concat&) {
  const std::string& layer = compiler.layer_name(node);
  std::vector<Tensor> inputs;
  for (const ValueId input : node.inputs) inputs.push_back(with_layout(compiler, compiler.shaped_value(input, layer), layer));
  const Tensor y = compiler.allocate(format_of_result(inputs, compiler.dims(node.output)));
  const ChannelLayout to = *channel_layout(y.desc);
  std::int64_t first = 0;
  for (const Tensor& x : inputs) {
    const ChannelLayout from = *channel_layout(x.desc);
    add_copy(compiler, layer, "forward", {from, to, 0, first, from.channels}, false, x, y);
    first += from.channels;
  }
  compiler.set_value(node.output, y);

  return [=, &node, &layer](Compiler& c) {
    const Tensor dy = with_layout(c, c.gradient(node.output), layer);
    const ChannelLayout from = *channel_layout(dy.desc);
    std::int64_t start = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::int64_t channels = dims_of(inputs[i].desc)[1], at = start;
      start += channels;
      if (!c.needs_gradient(node.inputs[i])) continue;
      const auto sum = c.gradient_so_far(node.inputs[i]);
      const auto layout = sum ? channel_layout(sum->desc) : std::nullopt;
      const bool add = layout && layout->channels == channels;  // a vector's may be seen as the map that it was
      const Tensor dx = add ? *sum : c.allocate(inputs[i].desc);
      add_copy(c, layer, "backward data", {from, *channel_layout(dx.desc), at, 0, channels}, add, dy, dx);
      if (!add) c.add_gradient(node.inputs[i], dx);
    }
  };
}

}  // namespace cnnctl
