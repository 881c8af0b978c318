#include <algorithm>

#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

/// Our own loops, where the formats allow: the library's take several times as long.
Backward compile_own(Compiler& compiler, const Node& node, const PoolingGeometry& geometry, const Tensor& y) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = compiler.value(input);
  compiler.set_value(node.output, y);
  const StepLabel label{layer, "forward", "cnnctl", format_name(y.desc)};
  if (!compiler.training()) {
    compiler.add_kernel(
        label, {x, y}, [geometry](std::span<void* const> b) { kernels().max_pool_forward(geometry, floats(b[0]), floats(b[1]), nullptr); });
    return {};
  }
  const Tensor index = compiler.allocate_bytes(count_floats(y.desc));
  compiler.add_kernel(label, {x, y, index}, [geometry](std::span<void* const> b) {
    kernels().max_pool_forward(geometry, floats(b[0]), floats(b[1]), static_cast<std::uint8_t*>(b[2]));
  });
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    c.add_kernel({layer, "backward data", "cnnctl", format_name(dx.desc)}, {dy, index, dx}, [geometry](std::span<void* const> b) {
      kernels().max_pool_backward(geometry, floats(b[0]), static_cast<const std::uint8_t*>(b[1]), floats(b[2]));
    });
    c.add_gradient(input, dx);
  };
}

dnnl::algorithm pooling_algorithm(const Pooling& op) {
  if (op.kind == Pooling::Kind::max) return dnnl::algorithm::pooling_max;
  return op.count_padding ? dnnl::algorithm::pooling_avg_include_padding : dnnl::algorithm::pooling_avg_exclude_padding;
}

/// oneDNN has neither strides past the last whole window nor windows that hang over the end: its padding at the end is what the windows
/// reach.
WindowDims reached_window(const Pooling& op, const Shape& in, const Shape& out) {
  WindowDims window = window_dims(op.vertical, op.horizontal);
  const auto reach = [](std::int64_t size, std::int64_t outs, const Window& w) {
    return (outs - 1) * w.stride + window_span(w) - size - w.padding_begin;
  };
  window.padding_end = {reach(in.height, out.height, op.vertical), reach(in.width, out.width, op.horizontal)};
  return window;
}

MakeSpans average_spans(const Window& window, bool count_padding) {
  return [window, count_padding](std::int64_t in, std::int64_t out) {
    std::vector<PoolingSpan> spans;
    for (std::int64_t i = 0; i < out; ++i) {
      const std::int64_t begin = i * window.stride - window.padding_begin;
      const std::int64_t end = std::min(begin + window.kernel, in + window.padding_end);
      const std::int64_t first = std::max<std::int64_t>(begin, 0), last = std::min(end, in);
      spans.push_back({first, last, 1 / static_cast<float>(count_padding ? end - begin : last - first)});
    }
    return spans;
  };
}

/// Whether our own loops take the mean: they read blocked channels faster, and oneDNN would count what hangs over the padding.
bool averages_itself(const Pooling& op, const Desc& src) {
  return op.kind == Pooling::Kind::average && (in_vector_blocks(src) || op.vertical.ceil || op.horizontal.ceil);
}

}  // namespace

std::optional<PoolingGeometry> pooling_geometry(const Pooling& op, const Desc& src, const Desc& dst) {
  const auto in = channel_layout(src), out = channel_layout(dst);
  if (op.kind != Pooling::Kind::max || !in || !out || !has_vector_blocks(*in) || !has_byte_places(op)) return std::nullopt;
  return PoolingGeometry{*in,
                         *out,
                         op.vertical.kernel,
                         op.horizontal.kernel,
                         op.vertical.stride,
                         op.horizontal.stride,
                         op.vertical.padding_begin,
                         op.horizontal.padding_begin,
                         op.vertical.dilation,
                         op.horizontal.dilation};
}

Backward compile(Compiler& compiler, const Node& node, const Pooling& op) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = compiler.value(input);
  const Shape &in = compiler.shape(input), &out = compiler.shape(node.output);
  if (averages_itself(op, x.desc))
    return compile_average_pooling(compiler, node, average_spans(op.vertical, op.count_padding),
                                   average_spans(op.horizontal, op.count_padding));
  const auto kind = compiler.training() ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const WindowDims window = reached_window(op, in, out);
  const auto algorithm = pooling_algorithm(op);
  const auto forward = pooling_forward_desc(kind, algorithm, x.desc, any_desc(compiler.dims(node.output)), window);
  const Tensor y = compiler.allocate(forward.dst_desc());
  if (const auto geometry = pooling_geometry(op, x.desc, y.desc)) return compile_own(compiler, node, *geometry, y);

  std::vector<PrimitiveArgument> arguments{{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}};
  const Desc workspace_desc = forward.workspace_desc();
  Tensor workspace;
  if (compiler.training() && workspace_desc.get_size() > 0) {
    workspace = compiler.allocate(workspace_desc);
    arguments.emplace_back(DNNL_ARG_WORKSPACE, workspace);
  }
  compiler.add_primitive({layer, "forward", forward.impl_info_str(), format_name(y.desc)}, PoolingForward(forward),
                         forward.scratchpad_desc(), std::move(arguments));
  compiler.set_value(node.output, y);

  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    const auto backward = pooling_backward_desc(algorithm, dx.desc, dy.desc, window, forward);
    std::vector<PrimitiveArgument> backward_arguments{{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}};
    if (workspace.buffer >= 0) backward_arguments.emplace_back(DNNL_ARG_WORKSPACE, workspace);
    c.add_primitive({layer, "backward data", backward.impl_info_str(), format_name(dx.desc)}, PoolingBackward(backward),
                    backward.scratchpad_desc(), std::move(backward_arguments));
    c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
