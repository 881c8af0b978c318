#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

/// oneDNN has no pooling over uneven windows.
std::vector<PoolingSpan> uneven_spans(std::int64_t in, std::int64_t out) {
  std::vector<PoolingSpan> spans;
  for (std::int64_t i = 0; i < out; ++i) {
    const std::int64_t first = i * in / out, last = ((i + 1) * in + out - 1) / out;
    spans.push_back({first, last, 1 / static_cast<float>(last - first)});
  }
  return spans;
}

/// The spans are made once the output is known to fit into memory.
SpanPoolingGeometry geometry_of(const Tensor& x, const Tensor& y, const MakeSpans& rows, const MakeSpans& columns) {
  const ChannelLayout in = *channel_layout(x.desc), out = *channel_layout(y.desc);
  return {in, out, rows(in.height_pixels, out.height_pixels), columns(in.width_pixels, out.width_pixels)};
}

Backward compile_max(Compiler& compiler, const Node& node) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = in_channel_blocks(compiler, input, layer);
  const Tensor y = allocate_blocked(compiler, node.output, x.desc);
  const SpanPoolingGeometry geometry = geometry_of(x, y, uneven_spans, uneven_spans);
  compiler.set_value(node.output, y);
  const StepLabel label{layer, "forward", "cnnctl", format_name(y.desc)};
  if (!compiler.training()) {
    compiler.add_kernel(label, {x, y}, [geometry](std::span<void* const> b) {
      kernels().span_max_pool_forward(geometry, floats(b[0]), floats(b[1]), nullptr);
    });
    return {};
  }
  const Tensor pixel = compiler.allocate_bytes(static_cast<std::int64_t>(y.desc.get_size()));  // four bytes, as an element
  compiler.add_kernel(label, {x, y, pixel}, [geometry](std::span<void* const> b) {
    kernels().span_max_pool_forward(geometry, floats(b[0]), floats(b[1]), static_cast<std::int32_t*>(b[2]));
  });
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    c.add_kernel({layer, "backward data", "cnnctl", format_name(dx.desc)}, {dy, pixel, dx}, [geometry](std::span<void* const> b) {
      kernels().span_max_pool_backward(geometry, floats(b[0]), static_cast<const std::int32_t*>(b[1]), floats(b[2]));
    });
    c.add_gradient(input, dx);
  };
}

}  // namespace

Backward compile_average_pooling(Compiler& compiler, const Node& node, const MakeSpans& rows, const MakeSpans& columns) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = in_channel_blocks(compiler, input, layer);
  const Tensor y = allocate_blocked(compiler, node.output, x.desc);
  const SpanPoolingGeometry geometry = geometry_of(x, y, rows, columns);
  compiler.add_kernel({layer, "forward", "cnnctl", format_name(y.desc)}, {x, y},
                      [geometry](std::span<void* const> b) { kernels().average_pool_forward(geometry, floats(b[0]), floats(b[1])); });
  compiler.set_value(node.output, y);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    c.add_kernel({layer, "backward data", "cnnctl", format_name(dx.desc)}, {dy, dx},
                 [geometry](std::span<void* const> b) { kernels().average_pool_backward(geometry, floats(b[0]), floats(b[1])); });
    c.add_gradient(input, dx);
  };
}

Backward compile(Compiler& compiler, const Node& node, const AdaptivePooling& op) {
  if (op.kind == Pooling::Kind::max) return compile_max(compiler, node);
  return compile_average_pooling(compiler, node, uneven_spans, uneven_spans);
}

}  // namespace cnnctl
