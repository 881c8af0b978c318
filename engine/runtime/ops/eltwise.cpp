#include <optional>

#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

/// The library's derivative as a function of the result.
dnnl::algorithm algorithm_of_result(dnnl::algorithm algorithm) {
  switch (algorithm) {
    case dnnl::algorithm::eltwise_elu:
      return dnnl::algorithm::eltwise_elu_use_dst_for_bwd;
    case dnnl::algorithm::eltwise_logistic:
      return dnnl::algorithm::eltwise_logistic_use_dst_for_bwd;
    case dnnl::algorithm::eltwise_tanh:
      return dnnl::algorithm::eltwise_tanh_use_dst_for_bwd;
    default:
      return dnnl::algorithm::undef;
  }
}

/// The input, in nchw where a last block of channels is filled up with zeros that would not stay so: our own loops compute them too, and
/// the library has a plain loop alone for that.
Tensor input_of(Compiler& compiler, const Node& node, const Eltwise& op) {
  const Tensor x = compiler.value(node.inputs[0]);
  if (keeps_zero(op) || !is_padded(x.desc)) return x;
  return compiler.in_format(x, plain_desc(dims_of(x.desc)), compiler.layer_name(node));
}

/// Where the result goes: onto the input where nothing reads that any more.
Tensor result_of(Compiler& compiler, const Node& node, const Eltwise& op, const Tensor& x) {
  const Tensor& value = compiler.value(node.inputs[0]);
  const bool in_place = x.buffer == value.buffer && (result_tells_derivative(op) || !compiler.training());
  return in_place ? compiler.overwrite_or_allocate(node.inputs[0]) : compiler.allocate(x.desc);
}

/// `kept`: the result or the input, as the function's backward needs it.
void add_own_backward(Compiler& compiler, const std::string& layer, const EltwiseLoop& loop, const Tensor& kept, const Tensor& dy,
                      const Tensor& dx) {
  compiler.add_kernel({layer, "backward data", "cnnctl", format_name(dx.desc)}, {kept, dy, dx},
                      [loop, count = count_floats(kept.desc)](std::span<void* const> b) {
                        kernels().eltwise_backward(loop, floats(b[0]), floats(b[1]), floats(b[2]), count);
                      });
}

Backward compile_own(Compiler& compiler, const Node& node, const Eltwise& op, const EltwiseLoop& loop) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = input_of(compiler, node, op);
  const Tensor y = result_of(compiler, node, op, x);
  const std::int64_t count = count_floats(x.desc);
  compiler.add_kernel({layer, "forward", "cnnctl", format_name(y.desc)}, {x, y},
                      [loop, count](std::span<void* const> b) { kernels().eltwise_forward(loop, floats(b[0]), floats(b[1]), count); });
  compiler.set_value(node.output, y);
  const Tensor kept = result_tells_derivative(op) ? y : x;
  compiler.keep_for_backward(kept);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), kept.desc, layer);
    const Tensor dx = c.overwrite_or_allocate_gradient(dy);
    add_own_backward(c, layer, loop, kept, dy, dx);
    c.add_gradient(input, dx);
  };
}

Backward compile_primitive(Compiler& compiler, const Node& node, const Eltwise& op) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  const Tensor x = input_of(compiler, node, op);
  const Tensor y = result_of(compiler, node, op, x);
  const EltwiseAlgorithm function = eltwise_algorithm(op);
  const bool from_result = result_tells_derivative(op);
  const auto algorithm = from_result ? algorithm_of_result(function.algorithm) : function.algorithm;
  const auto forward = eltwise_forward_desc(compiler.training() ? algorithm : function.algorithm, x.desc, function.alpha, function.beta);
  compiler.add_primitive({layer, "forward", forward.impl_info_str(), format_name(y.desc)}, dnnl::eltwise_forward(forward),
                         forward.scratchpad_desc(), {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}});
  compiler.set_value(node.output, y);
  const Tensor kept = from_result ? y : x;
  compiler.keep_for_backward(kept);
  return [=, &node, &layer](Compiler& c) {
    if (!c.needs_gradient(input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), kept.desc, layer);
    const Tensor dx = c.overwrite_or_allocate_gradient(dy);
    const auto backward = eltwise_backward_desc(algorithm, dy.desc, kept.desc, function.alpha, function.beta, forward);
    c.add_primitive({layer, "backward data", backward.impl_info_str(), format_name(dx.desc)}, dnnl::eltwise_backward(backward),
                    backward.scratchpad_desc(),
                    {{from_result ? DNNL_ARG_DST : DNNL_ARG_SRC, kept}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}});
    c.add_gradient(input, dx);
  };
}

}  // namespace

dnnl::primitive_attr post_operations(bool sum, const std::optional<Eltwise>& activation) {
  dnnl::primitive_attr attributes = user_scratchpad();
  dnnl::post_ops post_ops;
  if (sum) post_ops.append_sum();
  if (activation) {
    const auto [algorithm, alpha, beta] = eltwise_algorithm(*activation);
    append_eltwise(post_ops, algorithm, alpha, beta);
  }
  attributes.set_post_ops(post_ops);
  return attributes;
}

std::optional<EltwiseLoop> own_loop(const Eltwise& op) {
  switch (op.function) {
    case Eltwise::Function::relu:
      return EltwiseLoop{EltwiseLoop::Function::relu};
    case Eltwise::Function::leaky_relu:
      return EltwiseLoop{.function = EltwiseLoop::Function::leaky_relu, .slope = op.alpha};
    case Eltwise::Function::relu6:
      return EltwiseLoop{EltwiseLoop::Function::relu6};
    case Eltwise::Function::hardsigmoid:
      return EltwiseLoop{EltwiseLoop::Function::hardsigmoid};
    case Eltwise::Function::hardswish:
      return EltwiseLoop{EltwiseLoop::Function::hardswish};
    case Eltwise::Function::silu:
      return EltwiseLoop{EltwiseLoop::Function::silu};
    case Eltwise::Function::mish:
      return EltwiseLoop{EltwiseLoop::Function::mish};
    case Eltwise::Function::softplus:
      return EltwiseLoop{EltwiseLoop::Function::softplus, op.alpha, op.threshold};
    default:
      return std::nullopt;
  }
}

void add_relu_backward(Compiler& compiler, const std::string& layer, const Tensor& y, const Tensor& dy, const Tensor& dx) {
  add_own_backward(compiler, layer, EltwiseLoop{EltwiseLoop::Function::relu}, y, dy, dx);
}

std::optional<EltwiseLoop> joined_loop(const std::optional<Eltwise>& activation) {
  return activation ? std::optional(own_loop(*activation).value()) : std::nullopt;
}

EltwiseAlgorithm eltwise_algorithm(const Eltwise& op) {
  switch (op.function) {
    case Eltwise::Function::relu:
    case Eltwise::Function::leaky_relu:
      return {dnnl::algorithm::eltwise_relu, op.alpha};
    case Eltwise::Function::elu:
      return {dnnl::algorithm::eltwise_elu, op.alpha};
    case Eltwise::Function::sigmoid:
      return {dnnl::algorithm::eltwise_logistic};
    case Eltwise::Function::tanh:
      return {dnnl::algorithm::eltwise_tanh};
    case Eltwise::Function::relu6:
      return {dnnl::algorithm::eltwise_clip, 0, 6};
    case Eltwise::Function::hardswish:
      return {dnnl::algorithm::eltwise_hardswish, 1.0F / 6, 0.5F};  // 2.6 knows no others and ignores them
    case Eltwise::Function::silu:
      return {dnnl::algorithm::eltwise_swish, 1};
    case Eltwise::Function::gelu:
      return {dnnl::algorithm::eltwise_gelu_erf};
    case Eltwise::Function::gelu_tanh:
      return {dnnl::algorithm::eltwise_gelu_tanh};
    case Eltwise::Function::mish:
      return {dnnl::algorithm::eltwise_mish};
    case Eltwise::Function::hardsigmoid:
    case Eltwise::Function::softplus:
      break;
  }
  return {dnnl::algorithm::undef};
}

Backward compile(Compiler& compiler, const Node& node, const Eltwise& op) {
  const std::optional<EltwiseLoop> loop = own_loop(op);
  return loop ? compile_own(compiler, node, op, *loop) : compile_primitive(compiler, node, op);
}

}  // namespace cnnctl
