#include <optional>

#include "engine/runtime/layout.h"
#include "engine/runtime/ops/batch_norm.h"
#include "engine/runtime/ops/convolution.h"

namespace cnnctl {
namespace {

/// What both passes know, and what the backward reads beside x.
struct Work {
  ConvolutionSetup setup;
  NormDepthwiseGeometry geometry;
  std::size_t weights;  // their index among the node's parameters
  std::optional<NormPart> before;
  NormPart behind;
  std::optional<NormStatistics> before_statistics;
  NormStatistics behind_statistics;
  Tensor x, middle;
};

Work work_of(Compiler& compiler, const Node& node, const NormDepthwise& op) {
  const ConvolutionSetup setup = convolution_setup(compiler, node, op.convolution);
  const DepthwiseGeometry convolution = depthwise_geometry(op.convolution, setup).value();
  const auto norm = [](const ChannelLayout& layout, const BatchNorm& bn) {
    return NormGeometry{layout, bn.epsilon, joined_loop(bn.activation)};
  };
  const std::int64_t channels = setup.src[1];
  const auto before = op.before ? std::optional(NormPart{*op.before}) : std::nullopt;
  const std::size_t weights = before ? before->running_mean() + 2 : 0;
  return {setup,
          {convolution, op.before ? std::optional(norm(convolution.in, *op.before)) : std::nullopt, norm(convolution.out, op.behind)},
          weights,
          before,
          {op.behind, weights + 1},
          before ? std::optional(allocate_statistics(compiler, channels)) : std::nullopt,
          allocate_statistics(compiler, channels),
          compiler.in_format(compiler.value(setup.input), vector_blocked_desc(setup.src), setup.layer),
          compiler.allocate(vector_blocked_desc(setup.dst))};
}

/// The tensors that both passes read, and how a step finds them among its first buffers.
struct Operands {
  std::vector<Tensor> tensors;
  bool has_before, before_affine, behind_affine;

  static constexpr std::size_t a_norm = 4;

  NormDepthwiseTensors find(std::span<void* const> b) const {
    return {floats(b[0]), floats(b[1]), floats(b[2]), has_before ? norm_tensors(before_affine, b.subspan(3 + a_norm)) : NormTensors{},
            norm_tensors(behind_affine, b.subspan(3))};
  }
};

Operands operands(Compiler& compiler, const Node& node, const Work& w) {
  Operands result{{w.x, compiler.parameter(node, w.weights, depthwise_weights_desc(w.setup)), w.middle},
                  w.before.has_value(),
                  w.before && w.before->op.affine,
                  w.behind.op.affine};
  const auto add = [&](const NormPart& norm, const NormStatistics& statistics) {
    const std::vector<Tensor> numbers = norm_numbers(compiler, node, norm, statistics);
    result.tensors.insert(result.tensors.end(), numbers.begin(), numbers.end());
  };
  add(w.behind, w.behind_statistics);
  if (w.before) add(*w.before, *w.before_statistics);
  return result;
}

Tensor add_forward(Compiler& compiler, const Node& node, const Work& w) {
  const Tensor y = compiler.allocate(w.middle.desc);
  const auto moments = known_moments(compiler, w.setup.input, w.x);
  const Operands in = operands(compiler, node, w);
  std::vector<Tensor> tensors = in.tensors;
  const std::size_t first = tensors.size();
  tensors.insert(tensors.end(), {y, compiler.allocate_floats(norm_depthwise_scratch(w.geometry)), moments.value_or(y)});
  compiler.add_kernel(convolution_label(w.setup, "forward with norms", "cnnctl depthwise", y.desc), tensors,
                      [in, first, known = moments.has_value(), geometry = w.geometry](std::span<void* const> b) {
                        NormDepthwiseTensors t = in.find(b);
                        if (known) t.moments = floats(b[first + 2]);
                        kernels().norm_depthwise_forward(geometry, t, floats(b[first]), floats(b[first + 1]));
                      });
  if (w.before) add_running_statistics(compiler, node, *w.before, w.setup.src, *w.before_statistics);
  add_running_statistics(compiler, node, w.behind, w.setup.dst, w.behind_statistics);
  return y;
}

void add_backward(Compiler& c, const Node& node, const Work& w) {
  const Tensor dy = c.in_format(c.gradient(node.output), w.middle.desc, w.setup.layer);
  const bool has_data = w.before || c.needs_gradient(w.setup.input);
  const Tensor dx = !has_data ? dy : w.x.desc == dy.desc ? c.overwrite_or_allocate_gradient(dy) : c.allocate(w.x.desc);
  const std::int64_t channels = w.setup.src[1];
  const AffineGradient behind = affine_gradient(c, node, w.behind, channels);
  const AffineGradient before = w.before ? affine_gradient(c, node, *w.before, channels) : behind;
  const Tensor scratch = c.allocate_floats(norm_depthwise_scratch(w.geometry));
  StepLabel label = convolution_label(w.setup, "backward with norms", "cnnctl depthwise", w.x.desc);
  label.flops *= has_data ? 2 : 1;
  c.write_parameter_gradient(node, w.weights, depthwise_weights_desc(w.setup), [&](const Tensor& dw) {
    const Operands in = operands(c, node, w);
    std::vector<Tensor> tensors = in.tensors;
    const std::size_t first = tensors.size();
    tensors.insert(tensors.end(), {dy, scratch, dx, dw, behind.scale, behind.shift, before.scale, before.shift});
    c.add_kernel(label, tensors, [in, first, has_data, geometry = w.geometry](std::span<void* const> buffers) {
      const std::span<void* const> b = buffers.subspan(first);
      const NormDepthwiseGradients gradients{
          has_data ? floats(b[2]) : nullptr, floats(b[3]), {floats(b[6]), floats(b[7])}, {floats(b[4]), floats(b[5])}};
      kernels().norm_depthwise_backward(geometry, in.find(buffers), floats(b[0]), gradients, floats(b[1]));
    });
  });
  if (c.needs_gradient(w.setup.input)) c.add_gradient(w.setup.input, dx);
}

}  // namespace

Backward compile(Compiler& compiler, const Node& node, const NormDepthwise& op) {
  const Work work = work_of(compiler, node, op);
  compiler.set_value(node.output, add_forward(compiler, node, work));
  compiler.keep(work.x);
  return [=, &node](Compiler& c) { add_backward(c, node, work); };
}

}  // namespace cnnctl
