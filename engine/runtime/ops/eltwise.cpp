#include <algorithm>

#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

/// The derivative as a function of the result, so that the result may stand where the input stood. oneDNN has it for all of these.
dnnl::algorithm backward_algorithm(const Eltwise& op) {
  switch (op.function) {
    case Eltwise::Function::relu:
    case Eltwise::Function::leaky_relu:
      return dnnl::algorithm::eltwise_relu_use_dst_for_bwd;
    case Eltwise::Function::elu:
      return dnnl::algorithm::eltwise_elu_use_dst_for_bwd;
    case Eltwise::Function::sigmoid:
      return dnnl::algorithm::eltwise_logistic_use_dst_for_bwd;
    case Eltwise::Function::tanh:
      return dnnl::algorithm::eltwise_tanh_use_dst_for_bwd;
  }
  return dnnl::algorithm::undef;
}

/// What the result alone decides only for a slope or scale that is not negative.
bool result_tells_all(const Eltwise& op) { return op.alpha >= 0; }

}  // namespace

dnnl::algorithm eltwise_algorithm(const Eltwise& op) {
  switch (op.function) {
    case Eltwise::Function::relu:
    case Eltwise::Function::leaky_relu:
      return dnnl::algorithm::eltwise_relu;
    case Eltwise::Function::elu:
      return dnnl::algorithm::eltwise_elu;
    case Eltwise::Function::sigmoid:
      return dnnl::algorithm::eltwise_logistic;
    case Eltwise::Function::tanh:
      return dnnl::algorithm::eltwise_tanh;
  }
  return dnnl::algorithm::undef;
}

dnnl::primitive_attr with_activation(const std::optional<Eltwise>& activation) {
  dnnl::primitive_attr attributes = user_scratchpad();
  if (activation) {
    dnnl::post_ops post_ops;
    append_eltwise(post_ops, eltwise_algorithm(*activation), activation->alpha, 0);
    attributes.set_post_ops(post_ops);
  }
  return attributes;
}

void add_eltwise_backward(Compiler& compiler, const std::string& layer, const Eltwise& op, const Tensor& y, const Tensor& dy,
                          const Tensor& dx) {
  const auto forward = eltwise_forward_desc(backward_algorithm(op), y.desc, op.alpha, 0);
  const auto backward = eltwise_backward_desc(backward_algorithm(op), dy.desc, y.desc, op.alpha, 0, forward);
  compiler.add_primitive({layer, "backward data", backward.impl_info_str(), format_name(dx.desc)}, dnnl::eltwise_backward(backward),
                         backward.scratchpad_desc(), {{DNNL_ARG_DST, y}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}});
}

Backward compile(Compiler& compiler, const Node& node, const Eltwise& op) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = compiler.value(input);
  const bool from_result = result_tells_all(op);
  const bool in_place = from_result || !compiler.training();
  const Tensor y = in_place ? compiler.overwrite_or_allocate(input) : compiler.allocate(x.desc);
  const auto algorithm = from_result ? backward_algorithm(op) : eltwise_algorithm(op);
  const auto forward = eltwise_forward_desc(compiler.training() ? algorithm : eltwise_algorithm(op), x.desc, op.alpha, 0);
  compiler.add_primitive({layer, "forward", forward.impl_info_str(), format_name(y.desc)}, dnnl::eltwise_forward(forward),
                         forward.scratchpad_desc(), {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}});
  compiler.set_value(node.output, y);
  const Tensor kept = from_result ? y : x;
  compiler.keep_for_backward(kept);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), kept.desc, layer);
    const Tensor dx = c.overwrite_or_allocate_gradient(dy);
    const auto backward = eltwise_backward_desc(algorithm, dy.desc, kept.desc, op.alpha, 0, forward);
    c.add_primitive({layer, "backward data", backward.impl_info_str(), format_name(dx.desc)}, dnnl::eltwise_backward(backward),
                    backward.scratchpad_desc(),
                    {{from_result ? DNNL_ARG_DST : DNNL_ARG_SRC, kept}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}});
    c.add_gradient(input, dx);
  };
}

}  // namespace cnnctl
