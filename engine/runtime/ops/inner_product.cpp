#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

struct Setup {
  std::string layer;
  Dims weights;  // [out, C, H, W] of the source
  Desc bias;
  Desc dst;  // N x out
  double flops;
};

StepLabel label(const Setup& setup, const char* pass, const char* implementation, const Desc& desc) {
  return {setup.layer, pass, implementation, format_name(desc), setup.flops};
}

void add_weights_gradient(Compiler& c, const Node& node, const InnerProduct& op, const Setup& setup,
                          const dnnl::inner_product_forward::primitive_desc& forward, const Tensor& source, const Tensor& dy) {
  const auto by_weights = inner_product_backward_weights_desc(source.desc, any_desc(setup.weights), setup.bias, setup.dst, forward);
  c.write_parameter_gradient(node, 0, by_weights.diff_weights_desc(), [&](const Tensor& dw) {
    std::vector<PrimitiveArgument> weights_arguments{{DNNL_ARG_SRC, source}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_WEIGHTS, dw}};
    if (op.bias) weights_arguments.emplace_back(DNNL_ARG_DIFF_BIAS, c.parameter_gradient(node, 1));
    c.add_primitive(label(setup, "backward weights", by_weights.impl_info_str(), source.desc),
                    dnnl::inner_product_backward_weights(by_weights), by_weights.scratchpad_desc(), std::move(weights_arguments));
  });
}

}  // namespace

/// The source may come in any format, blocked or not, and with four dimensions: the weights are seen with the same four, so that a flatten
/// before costs nothing.
Backward compile(Compiler& compiler, const Node& node, const InnerProduct& op) {
  const ValueId input = node.inputs[0];
  const Tensor source = compiler.value(input);
  const Dims d = dims_of(source.desc);
  const std::int64_t features = d[1] * d[2] * d[3];
  const Setup setup{compiler.layer_name(node),
                    {op.out_features, d[1], d[2], d[3]},
                    op.bias ? plain_desc({op.out_features}) : Desc(),
                    plain_desc({d[0], op.out_features}),
                    2.0 * static_cast<double>(d[0] * features * op.out_features)};
  const auto kind = compiler.training() ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  const auto forward = inner_product_forward_desc(kind, source.desc, any_desc(setup.weights), setup.bias, setup.dst);
  const Tensor w = compiler.parameter(node, 0, forward.weights_desc());
  const Tensor y = compiler.allocate(setup.dst);
  std::vector<PrimitiveArgument> arguments{{DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, y}};
  if (op.bias) arguments.emplace_back(DNNL_ARG_BIAS, compiler.parameter(node, 1, setup.bias));
  compiler.add_primitive(label(setup, "forward", forward.impl_info_str(), source.desc), dnnl::inner_product_forward(forward),
                         forward.scratchpad_desc(), std::move(arguments));
  compiler.set_value(node.output, {plain_desc({d[0], op.out_features, 1, 1}), y.buffer});
  if (trains(compiler.graph(), node)) compiler.keep_for_backward(source);

  return [=, &node, &op](Compiler& c) {
    const Tensor gradient = c.gradient(node.output);
    const Tensor dy{setup.dst, c.in_format(gradient, plain_desc(dims_of(gradient.desc)), setup.layer).buffer};

    if (trains(c.graph(), node)) add_weights_gradient(c, node, op, setup, forward, source, dy);
    if (!c.needs_gradient(input)) return;
    const auto by_data = inner_product_backward_data_desc(source.desc, any_desc(setup.weights), setup.dst, forward);
    const Tensor dx = c.allocate(source.desc);
    c.add_primitive(label(setup, "backward data", by_data.impl_info_str(), dx.desc), dnnl::inner_product_backward_data(by_data),
                    by_data.scratchpad_desc(),
                    {{DNNL_ARG_WEIGHTS, c.parameter(node, 0, by_data.weights_desc())}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}});
    c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
