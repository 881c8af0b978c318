#include "engine/runtime/ops/convolution.h"

#include <cmath>

#include "engine/runtime/layout.h"

namespace cnnctl {
namespace {

using dnnl::prop_kind;

using Setup = ConvolutionSetup;
using Forward = dnnl::convolution_forward::primitive_desc;

Setup setup_of(const Compiler& compiler, const Node& node, const Convolution& op) {
  Setup s;
  s.layer = compiler.layer_name(node);
  s.input = node.inputs[0];
  s.window = window_dims(op.vertical, op.horizontal);
  s.src = compiler.dims(s.input);
  s.dst = compiler.dims(node.output);
  const std::int64_t in = s.src[1], kh = op.vertical.kernel, kw = op.horizontal.kernel, g = op.groups;
  s.weights = g == 1 ? Dims{op.out_channels, in, kh, kw} : Dims{g, op.out_channels / g, in / g, kh, kw};
  if (op.bias || op.norm) s.bias = plain_desc({op.out_channels});
  s.flops =
      2.0 * static_cast<double>(s.dst[0]) * static_cast<double>(s.dst[1] * s.dst[2] * s.dst[3]) * static_cast<double>(in / g * kh * kw);
  return s;
}

/// The library's way of last resort, by its own name: the plain loop, or matrix products over copied windows.
bool is_slow(const std::string& implementation) {
  return implementation.rfind("ref", 0) == 0 || implementation.find("gemm") != std::string::npos;
}

Forward any_weights(const Setup& s, const Desc& src, const Desc& dst) {
  return convolution_forward_desc(prop_kind::forward_training, src, any_desc(s.weights), s.bias, dst, s.window, user_scratchpad());
}

/// The primitive for these formats, or nothing where there is none or only a slow one.
std::optional<Forward> fast_primitive(const Setup& s, const Desc& src, const Desc& dst) {
  try {
    const Forward forward = any_weights(s, src, dst);
    if (!is_slow(forward.impl_info_str())) return forward;
  } catch (const dnnl::error&) {  // these formats do not exist for this shape
  }
  return std::nullopt;
}

/// The primitive for these sizes, and with it the formats of source and result: an nchw source in a first layer of few channels, and what
/// oneDNN prefers where that is blocked channels, which our own loops read too. oneDNN 3.x prefers channels last on some machines: then
/// blocks are asked for.
Forward preferred(const Setup& s, bool reads_input) {
  const bool few = reads_input && s.src[1] <= kFewChannels;
  const auto liked = fast_primitive(s, few ? plain_desc(s.src) : any_desc(s.src), any_desc(s.dst));
  if (liked && in_vector_blocks(liked->dst_desc())) return *liked;
  if (const auto asked = fast_primitive(s, few ? plain_desc(s.src) : vector_blocked_desc(s.src), vector_blocked_desc(s.dst))) return *asked;
  return liked ? *liked : any_weights(s, any_desc(s.src), any_desc(s.dst));
}

/// A folded batch norm's numbers, channel by channel: y = (x - mean) * scale + shift.
struct Affine {
  std::vector<float> scale, mean, shift;
};

Affine folded(const ParameterStore& store, const Node& node, const BatchNorm& norm, std::size_t first, std::int64_t channels) {
  const auto plain = [&](std::size_t i) { return store.plain(node.parameters[first + i]); };
  const std::size_t statistics = norm.affine ? 2 : 0;
  const auto n = static_cast<std::size_t>(channels);
  Affine result{norm.affine ? plain(0) : std::vector<float>(n, 1.0F), plain(statistics),
                norm.affine ? plain(1) : std::vector<float>(n, 0.0F)};
  const std::vector<float> variance = plain(statistics + 1);
  for (std::size_t c = 0; c < n; ++c) result.scale[c] /= std::sqrt(variance[c] + norm.epsilon);
  return result;
}

/// Evaluation's primitive, in the formats of training: what inference prefers by itself differs between layers and costs reorders.
Forward evaluation_primitive(const Setup& s, const Forward& formats, const dnnl::primitive_attr& attributes) {
  return convolution_forward_desc(prop_kind::forward_inference, formats.src_desc(), any_desc(s.weights), s.bias, formats.dst_desc(),
                                  s.window, attributes);
}

/// The primitive that adds its result to the node's second input, in place; nothing where something else needs that input, its format
/// differs, or there is only a slow one.
std::optional<Forward> adding_primitive(const Compiler& compiler, const Node& node, const Convolution& op, const Setup& s,
                                        const Forward& formats) {
  const ValueId other = node.inputs[1];
  if (compiler.value(other).desc != formats.dst_desc() || !compiler.may_overwrite(other, compiler.value(other))) return std::nullopt;
  try {
    const Forward forward = evaluation_primitive(s, formats, post_operations(true, op.activation));
    if (!is_slow(forward.impl_info_str())) return forward;
  } catch (const dnnl::error&) {  // the library has no such post-operation for this shape
  }
  return std::nullopt;
}

void add_evaluation(Compiler& compiler, const Node& node, const Convolution& op, const Setup& s, const Forward& forward, const Tensor& y) {
  const Tensor x = compiler.in_format(compiler.value(s.input), forward.src_desc(), s.layer);
  std::vector<PrimitiveArgument> arguments{{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}};
  if (op.norm) {
    const auto [weights, bias] = folded_parameters(compiler, node, op, s, forward.weights_desc());
    arguments.emplace_back(DNNL_ARG_WEIGHTS, weights);
    arguments.emplace_back(DNNL_ARG_BIAS, bias);
  } else {
    arguments.emplace_back(DNNL_ARG_WEIGHTS, compiler.parameter(node, 0, forward.weights_desc()));
    if (op.bias) arguments.emplace_back(DNNL_ARG_BIAS, compiler.parameter(node, 1, s.bias));
  }
  compiler.add_primitive(convolution_label(s, "forward", forward.impl_info_str(), y.desc), dnnl::convolution_forward(forward),
                         forward.scratchpad_desc(), std::move(arguments));
  compiler.set_value(node.output, y);
}

void compile_evaluation(Compiler& compiler, const Node& node, const Convolution& op, const Setup& s) {
  const Forward formats = preferred(s, compiler.is_input(s.input));
  const Forward forward = evaluation_primitive(s, formats, post_operations(false, op.activation));
  add_evaluation(compiler, node, op, s, forward, compiler.allocate(forward.dst_desc()));
}

/// With the addition of the second input: in the same primitive, or behind it.
void compile_residual(Compiler& compiler, const Node& node, const Convolution& op, const Setup& s) {
  if (const auto adding = adding_primitive(compiler, node, op, s, preferred(s, compiler.is_input(s.input))))
    return add_evaluation(compiler, node, op, s, *adding, compiler.value(node.inputs[1]));
  Convolution alone = op;
  alone.residual = false;
  alone.activation.reset();
  compile_evaluation(compiler, node, alone, s);
  const Tensor y = compiler.value(node.output);
  add_combination(compiler, s.layer, "forward", {false, op.activation.has_value()}, y,
                  compiler.in_format(compiler.value(node.inputs[1]), y.desc, s.layer), y);
}

void add_weights_gradient(Compiler& c, const Node& node, const Convolution& op, const Setup& s, const Forward& forward, Tensor x,
                          Tensor dy) {
  auto backward = convolution_backward_weights_desc(x.desc, any_desc(s.weights), s.bias, dy.desc, s.window, forward);
  if (is_slow(backward.impl_info_str())) {
    if (add_few_channel_weights(c, node, op, s, x, dy)) return;
    const auto blocked = fast_primitive(s, vector_blocked_desc(s.src), vector_blocked_desc(s.dst));
    backward = convolution_backward_weights_desc(blocked ? blocked->src_desc() : any_desc(s.src), any_desc(s.weights), s.bias,
                                                 blocked ? blocked->dst_desc() : any_desc(s.dst), s.window, blocked ? *blocked : forward);
    x = c.in_format(x, backward.src_desc(), s.layer);
    dy = c.in_format(dy, backward.diff_dst_desc(), s.layer);
  }
  const Tensor dw = c.parameter_gradient(node, 0);
  const Tensor raw = backward.diff_weights_desc() == dw.desc ? dw : c.allocate(backward.diff_weights_desc());
  std::vector<PrimitiveArgument> arguments{{DNNL_ARG_SRC, x}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_WEIGHTS, raw}};
  if (op.bias) arguments.emplace_back(DNNL_ARG_DIFF_BIAS, c.parameter_gradient(node, 1));
  c.add_primitive(convolution_label(s, "backward weights", backward.impl_info_str(), x.desc), dnnl::convolution_backward_weights(backward),
                  backward.scratchpad_desc(), std::move(arguments));
  if (raw.buffer != dw.buffer) c.reorder(raw, dw, s.layer);
}

void add_data_gradient(Compiler& c, const Node& node, const Setup& s, const Forward& forward, const Tensor& dy) {
  const auto backward = convolution_backward_data_desc(forward.src_desc(), any_desc(s.weights), dy.desc, s.window, forward);
  const Tensor dx = c.allocate(backward.diff_src_desc());
  c.add_primitive(convolution_label(s, "backward data", backward.impl_info_str(), dx.desc), dnnl::convolution_backward_data(backward),
                  backward.scratchpad_desc(),
                  {{DNNL_ARG_WEIGHTS, c.parameter(node, 0, backward.weights_desc())}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}});
  c.add_gradient(s.input, dx);
}

}  // namespace

StepLabel convolution_label(const ConvolutionSetup& setup, const char* pass, const std::string& implementation, const Desc& desc) {
  return {setup.layer, pass, implementation, format_name(desc), setup.flops};
}

std::pair<Tensor, Tensor> folded_parameters(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& s,
                                            const Desc& weights_desc) {
  const Tensor weights = compiler.constant(weights_desc), bias = compiler.constant(s.bias);
  const auto fold = [&store = compiler.parameters(), &node, op, weights_desc](std::span<void* const> b) {
    std::vector<float> w = store.plain(node.parameters[0]);
    const Affine norm = folded(store, node, *op.norm, op.bias ? 2 : 1, op.out_channels);
    const std::vector<float> old_bias = op.bias ? store.plain(node.parameters[1]) : std::vector<float>(norm.mean.size(), 0.0F);
    const std::size_t per_channel = w.size() / norm.scale.size();
    for (std::size_t i = 0; i < w.size(); ++i) w[i] *= norm.scale[i / per_channel];
    copy_from_plain(weights_desc, w, static_cast<float*>(b[0]));
    for (std::size_t c = 0; c < norm.mean.size(); ++c)
      static_cast<float*>(b[1])[c] = (old_bias[c] - norm.mean[c]) * norm.scale[c] + norm.shift[c];
  };
  compiler.add_preparation({s.layer, "fold batch_norm", "cnnctl", format_name(weights_desc)}, {weights, bias}, fold);
  return {weights, bias};
}

Backward compile(Compiler& compiler, const Node& node, const Convolution& op) {
  const Setup s = setup_of(compiler, node, op);
  if (!compiler.training()) {
    if (compile_winograd(compiler, node, op, s) || compile_depthwise(compiler, node, op, s)) return {};
    op.residual ? compile_residual(compiler, node, op, s) : compile_evaluation(compiler, node, op, s);
    return {};
  }
  if (auto backward = compile_winograd(compiler, node, op, s)) return *std::move(backward);
  if (auto backward = compile_depthwise(compiler, node, op, s)) return *std::move(backward);
  const Forward forward = preferred(s, compiler.is_input(s.input));
  const Tensor x = compiler.in_format(compiler.value(s.input), forward.src_desc(), s.layer);
  const Tensor y = compiler.allocate(forward.dst_desc());
  std::vector<PrimitiveArgument> arguments{
      {DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, compiler.parameter(node, 0, forward.weights_desc())}, {DNNL_ARG_DST, y}};
  if (op.bias) arguments.emplace_back(DNNL_ARG_BIAS, compiler.parameter(node, 1, s.bias));
  compiler.add_primitive(convolution_label(s, "forward", forward.impl_info_str(), y.desc), dnnl::convolution_forward(forward),
                         forward.scratchpad_desc(), std::move(arguments));
  compiler.set_value(node.output, y);
  compiler.keep_for_backward(x);

  return [=, &node, &op](Compiler& c) {
    const Tensor dy = c.in_format(c.gradient(node.output), forward.dst_desc(), s.layer);
    add_weights_gradient(c, node, op, s, forward, x, dy);
    if (c.needs_gradient(s.input)) add_data_gradient(c, node, s, forward, dy);
  };
}

}  // namespace cnnctl
