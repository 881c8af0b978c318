#include "engine/runtime/layout.h"
#include "engine/runtime/ops/batch_norm.h"
#include "engine/runtime/ops/convolution.h"
#include "engine/runtime/threads.h"

namespace cnnctl {
namespace {

Dims exchanged(const Dims& weights) { return {weights[1], weights[0], 1, 1}; }

/// A format of the transposed weights as one of the weights, and the other way round.
Desc transposed(const Desc& desc) { return desc.permute_axes({1, 0, 2, 3}); }

/// What a step of our own loops reads, and where its result's moments go.
struct Operands {
  Tensor x, weights;
  std::optional<Tensor> bias{}, residual{}, moments{};
};

void add_loops(Compiler& c, const ConvolutionSetup& s, const char* pass, const std::optional<Eltwise>& activation, const Operands& operands,
               const Tensor& y) {
  const PointwiseGeometry geometry{*channel_layout(operands.x.desc), *channel_layout(y.desc), joined_loop(activation)};
  const auto run = [geometry, bias = operands.bias.has_value(), residual = operands.residual.has_value(),
                    moments = operands.moments.has_value()](std::span<void* const> b) {
    const ConvolutionNumbers numbers{floats(b[1]), bias ? floats(b[2]) : nullptr};
    kernels().pointwise(geometry, {floats(b[0]), numbers, residual ? floats(b[3]) : nullptr, moments ? floats(b[4]) : nullptr},
                        floats(b[5]));
  };
  const Tensor& x = operands.x;
  c.add_kernel(convolution_label(s, pass, "cnnctl 1x1", y.desc),
               {x, operands.weights, operands.bias.value_or(x), operands.residual.value_or(x), operands.moments.value_or(x), y}, run);
}

/// Where they are wanted, and threads get as many images each, since none may share one then.
bool takes_moments(const ConvolutionSetup& s) { return s.wants_moments && s.dst[0] % threads() == 0; }

Tensor compile_forward(Compiler& c, const Node& node, const Convolution& op, const ConvolutionSetup& s, const Tensor& x) {
  Operands operands{x, c.parameter(node, 0, panel_weights_desc(s.weights))};
  if (op.bias) operands.bias = c.parameter(node, 1, s.bias);
  const Tensor y = c.allocate(vector_blocked_desc(s.dst));
  if (takes_moments(s)) {
    operands.moments = allocate_moments(c, *channel_layout(y.desc));
    c.set_moments(node.output, *operands.moments);
  }
  add_loops(c, s, "forward", std::nullopt, operands, y);
  return y;
}

Tensor add_data_gradient(Compiler& c, const Node& node, const ConvolutionSetup& s, const Tensor& dy) {
  const Tensor dx = c.allocate(vector_blocked_desc(s.src));
  add_loops(c, s, "backward data", std::nullopt, {dy, c.parameter(node, 0, transposed(panel_weights_desc(exchanged(s.weights))))}, dx);
  return dx;
}

Tensor compile_evaluation(Compiler& c, const Node& node, const Convolution& op, const ConvolutionSetup& s, const Tensor& x) {
  const ConvolutionParameters parameters = convolution_parameters(c, node, op, s, panel_weights_desc(s.weights));
  const auto [y, residual] = evaluation_result(c, node, op, s);
  add_loops(c, s, "forward", op.activation, {x, parameters.weights, parameters.bias, residual}, y);
  return y;
}

ConvolutionWay own_way(const Convolution& op, const ConvolutionSetup& s) {
  ConvolutionWay way{
      .name = "pointwise", .src = vector_blocked_desc(s.src), .dst = vector_blocked_desc(s.dst), .takes_moments = takes_moments(s)};
  way.forward = [=, &op](Compiler& c, const Node& node, const Tensor& x) { return compile_forward(c, node, op, s, x); };
  way.backward_data = [=](Compiler& c, const Node& node, const Tensor& dy) { return add_data_gradient(c, node, s, dy); };
  if (!op.activation || has_own_loop(*op.activation))  // which keeps zeros zero: fuse_activation joins no other
    way.evaluation = [=, &op](Compiler& c, const Node& node, const Tensor& x) { return compile_evaluation(c, node, op, s, x); };
  return way;
}

/// Of the convolution from the result's channels to the input's, whose weights are these transposed.
dnnl::convolution_backward_weights::primitive_desc exchanged_primitive(const ConvolutionSetup& s, const Desc& src, const Desc& dst) {
  constexpr auto direct = dnnl::algorithm::convolution_direct;
  const Desc weights = any_desc(exchanged(s.weights));
  const auto forward =
      convolution_forward_desc(dnnl::prop_kind::forward_training, direct, dst, weights, Desc(), src, s.window, user_scratchpad());
  return convolution_backward_weights_desc(direct, dst, weights, Desc(), src, s.window, forward);
}

void add_exchanged_gradient(Compiler& c, const Node& node, const ConvolutionSetup& s, const Tensor& x, const Tensor& dy) {
  const auto backward = exchanged_primitive(s, x.desc, dy.desc);
  const Desc written = backward.diff_weights_desc();
  c.write_parameter_gradient(node, 0, transposed(written), [&](const Tensor& dw) {
    c.add_primitive(convolution_label(s, "backward weights", backward.impl_info_str(), x.desc),
                    dnnl::convolution_backward_weights(backward), backward.scratchpad_desc(),
                    {{DNNL_ARG_SRC, dy}, {DNNL_ARG_DIFF_DST, x}, {DNNL_ARG_DIFF_WEIGHTS, {written, dw.buffer}}});
  });
}

ConvolutionWay exchanged_way(const ConvolutionSetup& s) {
  ConvolutionWay way{.name = "exchanged", .src = vector_blocked_desc(s.src), .dst = vector_blocked_desc(s.dst)};
  way.backward_weights = [=](Compiler& c, const Node& node, const Tensor& x, const Tensor& dy) {
    add_exchanged_gradient(c, node, s, x, dy);
  };
  return way;
}

}  // namespace

Desc panel_weights_desc(const Dims& weights) {
  return f32_desc(weights, kernels().vector_width == 16 ? FormatTag::Abcd32a : FormatTag::Abcd16a);
}

std::vector<ConvolutionWay> pointwise_ways(const Convolution& op, const ConvolutionSetup& s, const ConvolutionWay& direct) {
  if (!is_pointwise(op) || direct.src != vector_blocked_desc(s.src) || direct.dst != vector_blocked_desc(s.dst)) return {};
  std::vector<ConvolutionWay> ways{own_way(op, s)};
  if (!op.bias) ways.push_back(exchanged_way(s));
  return ways;
}

}  // namespace cnnctl
