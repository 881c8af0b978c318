#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"
#include "engine/runtime/threads.h"

namespace cnnctl {
namespace {

/// What layer_norm and group_norm differ in. Both normalize within an image, by our own loops: the library's are the reference where the
/// channels are blocked.
struct ImageNorm {
  bool affine;
  std::int64_t statistics;  // floats
  std::int64_t scratch;     // floats, of the backward
  std::function<void(const AffineTensors& affine, const float* x, float* y, float* statistics)> forward;
  std::function<void(const float* weight, const float* x, const float* dy, const float* statistics, const AffineGradients& gradients,
                     float* dx, float* scratch)>
      backward;
};

void add_forward(Compiler& compiler, const Node& node, const ImageNorm& norm, const Tensor& x, const Tensor& y, const Tensor& statistics) {
  const StepLabel label{compiler.layer_name(node), "forward", "cnnctl", format_name(y.desc)};
  if (!norm.affine) {
    compiler.add_kernel(label, {x, y, statistics},
                        [run = norm.forward](std::span<void* const> b) { run({}, floats(b[0]), floats(b[1]), floats(b[2])); });
    return;
  }
  const Desc channels = plain_desc({dims_of(x.desc)[1]});
  compiler.add_kernel(label, {x, y, statistics, compiler.parameter(node, 0, channels), compiler.parameter(node, 1, channels)},
                      [run = norm.forward](std::span<void* const> b) {
                        run({floats(b[3]), floats(b[4])}, floats(b[0]), floats(b[1]), floats(b[2]));
                      });
}

void add_backward(Compiler& compiler, const Node& node, const ImageNorm& norm, std::vector<Tensor> tensors) {
  const Desc& dx = tensors[3].desc;
  const StepLabel label{compiler.layer_name(node), "backward", "cnnctl", format_name(dx)};
  if (norm.affine) {
    tensors.push_back(compiler.parameter(node, 0, plain_desc({dims_of(dx)[1]})));
    tensors.push_back(compiler.parameter_gradient(node, 0));
    tensors.push_back(compiler.parameter_gradient(node, 1));
  }
  compiler.add_kernel(label, tensors, [run = norm.backward, affine = norm.affine](std::span<void* const> b) {
    const AffineGradients gradients = affine ? AffineGradients{floats(b[6]), floats(b[7])} : AffineGradients{};
    run(affine ? floats(b[5]) : nullptr, floats(b[0]), floats(b[1]), floats(b[2]), gradients, floats(b[3]), floats(b[4]));
  });
}

/// `make` tells the norm for a layout of the input.
template <class Make>
Backward compile_norm(Compiler& compiler, const Node& node, const Make& make) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = in_channel_blocks(compiler, input, layer);
  const Tensor y = compiler.allocate(x.desc);
  const ImageNorm norm = make(*channel_layout(x.desc));
  const Tensor statistics = compiler.allocate_floats(norm.statistics);
  add_forward(compiler, node, norm, x, y, statistics);
  compiler.set_value(node.output, y);
  compiler.keep_for_backward(x);
  return [=, &node, &layer](Compiler& c) {
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, layer);
    const Tensor dx = c.allocate(x.desc);
    add_backward(c, node, norm, {x, dy, statistics, dx, c.allocate_floats(norm.scratch)});
    if (c.needs_gradient(input)) c.add_gradient(input, dx);
  };
}

}  // namespace

Backward compile(Compiler& compiler, const Node& node, const LayerNorm& op) {
  return compile_norm(compiler, node, [&op](const ChannelLayout& layout) {
    const int running = threads();
    return ImageNorm{op.affine, 2 * layout.images * layout.pixels(), layer_norm_scratch(layout) * running,
                     [layout, epsilon = op.epsilon](const AffineTensors& affine, const float* x, float* y, float* statistics) {
                       kernels().layer_norm_forward(layout, epsilon, affine, x, y, statistics);
                     },
                     [layout, running](auto... arguments) { kernels().layer_norm_backward(layout, running, arguments...); }};
  });
}

Backward compile(Compiler& compiler, const Node& node, const GroupNorm& op) {
  return compile_norm(compiler, node, [&op](const ChannelLayout& layout) {
    const GroupNormGeometry geometry{layout, op.groups, op.epsilon};
    const std::int64_t numbers = 2 * layout.images * layout.blocks * layout.width;
    return ImageNorm{op.affine, numbers, numbers, [geometry](auto... arguments) { kernels().group_norm_forward(geometry, arguments...); },
                     [geometry](auto... arguments) { kernels().group_norm_backward(geometry, arguments...); }};
  });
}

}  // namespace cnnctl
