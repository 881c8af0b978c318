#include "engine/graph/depthwise.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/convolution.h"
#include "engine/runtime/threads.h"

namespace cnnctl {
namespace {

void add_forward(Compiler& c, const Node& node, const Convolution& op, const ConvolutionSetup& s, const DepthwiseGeometry& g,
                 const std::optional<EltwiseLoop>& activation, const Tensor& x, const Tensor& y) {
  const auto [w, bias] = convolution_parameters(c, node, op, s, depthwise_weights_desc(s));
  c.add_kernel(convolution_label(s, "forward", "cnnctl depthwise", y.desc),
               {x, w, bias.value_or(w), y, c.allocate_floats(depthwise_forward_scratch(g) * g.threads)},
               [g, activation, has_bias = bias.has_value()](std::span<void* const> b) {
                 kernels().depthwise_forward(g, activation, floats(b[0]), floats(b[1]), has_bias ? floats(b[2]) : nullptr, floats(b[3]),
                                             floats(b[4]));
               });
}

void add_backward(Compiler& c, const Node& node, const Convolution& op, const ConvolutionSetup& s, const DepthwiseGeometry& g,
                  const Tensor& x, const Tensor& dy) {
  const bool wanted = c.needs_gradient(s.input);
  const auto sum = wanted ? c.gradient_so_far(s.input) : std::nullopt;
  const bool add = sum && sum->desc == x.desc;
  const Tensor dx = add ? *sum : wanted ? c.allocate(x.desc) : dy;
  const Tensor parts = c.allocate_floats(depthwise_parts(g)), scratch = c.allocate_floats(depthwise_backward_scratch(g) * g.threads);
  StepLabel label = convolution_label(s, wanted ? "backward" : "backward weights", "cnnctl depthwise", x.desc);
  if (wanted) label.flops *= 2;
  c.write_parameter_gradient(node, 0, depthwise_weights_desc(s), [&](const Tensor& dw) {
    const Tensor db = op.bias ? c.parameter_gradient(node, 1) : dw;
    c.add_kernel(
        label, {x, dy, c.parameter(node, 0, depthwise_weights_desc(s)), dx, dw, db, parts, scratch},
        [g, wanted, add, has_bias = op.bias](std::span<void* const> b) {
          const DepthwiseGradients gradients{wanted ? floats(b[3]) : nullptr, add, floats(b[4]), has_bias ? floats(b[5]) : nullptr};
          kernels().depthwise_backward(g, floats(b[0]), floats(b[1]), floats(b[2]), gradients, floats(b[6]), floats(b[7]));
        });
  });
  if (wanted && !add) c.add_gradient(s.input, dx);
}

}  // namespace

std::optional<DepthwiseGeometry> depthwise_geometry(const Convolution& op, const ConvolutionSetup& s) {
  if (!suits_depthwise(op, s.src[1])) return std::nullopt;
  return DepthwiseGeometry{*channel_layout(vector_blocked_desc(s.src)),
                           *channel_layout(vector_blocked_desc(s.dst)),
                           op.vertical.kernel,
                           op.vertical.stride,
                           op.vertical.padding_begin,
                           op.horizontal.padding_begin,
                           threads()};
}

Desc depthwise_weights_desc(const ConvolutionSetup& s) {
  return f32_desc(s.weights, kernels().vector_width == 16 ? FormatTag::Goihw16g : FormatTag::Goihw8g);
}

std::optional<Backward> compile_depthwise(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup) {
  const auto geometry = depthwise_geometry(op, setup);
  // What is joined to a convolution keeps zeros zero, and with them the lanes beyond the channels.
  const auto activation = op.activation ? own_loop(*op.activation) : std::nullopt;
  if (!geometry || op.residual || activation.has_value() != op.activation.has_value()) return std::nullopt;
  const Tensor x = compiler.in_format(compiler.value(setup.input), vector_blocked_desc(setup.src), setup.layer);
  const bool in_place = !compiler.training() && depthwise_may_overwrite(*geometry) && compiler.may_overwrite(setup.input, x);
  const Tensor y = in_place ? x : compiler.allocate(vector_blocked_desc(setup.dst));
  add_forward(compiler, node, op, setup, *geometry, activation, x, y);
  compiler.set_value(node.output, y);
  compiler.keep_for_backward(x);
  return [=, &node, &op, g = *geometry](Compiler& c) {
    add_backward(c, node, op, setup, g, x, c.in_format(c.gradient(node.output), y.desc, setup.layer));
  };
}

}  // namespace cnnctl
