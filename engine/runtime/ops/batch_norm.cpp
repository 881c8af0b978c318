#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/runtime/layout.h"
#include "engine/runtime/ops/ops.h"

namespace cnnctl {
namespace {

using Flags = dnnl::normalization_flags;

struct Setup {
  std::string layer;
  ValueId input;
  Tensor x;
  Desc channels;  // of a vector with a number a channel
  Flags flags;
};

Setup setup_of(Compiler& compiler, const Node& node, const BatchNorm& op) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  // Of a vector every feature is a channel of one pixel.
  const Tensor x = compiler.shape(input).flat ? compiler.as_vector(compiler.value(input), layer) : compiler.value(input);
  Flags flags = op.affine ? Flags::use_scale | Flags::use_shift : Flags::none;
  if (op.activation) flags = flags | Flags::fuse_norm_relu;
  return {layer, input, x, plain_desc({dims_of(x.desc)[1]}), flags};
}

/// Index of running_mean among the node's parameters; running_var follows.
std::size_t running_mean(const BatchNorm& op) { return op.affine ? 2 : 0; }

void add_affine(Compiler& compiler, const Node& node, const Setup& s, std::vector<PrimitiveArgument>& arguments) {
  arguments.emplace_back(DNNL_ARG_SCALE, compiler.parameter(node, 0, s.channels));
  arguments.emplace_back(DNNL_ARG_SHIFT, compiler.parameter(node, 1, s.channels));
}

void compile_evaluation(Compiler& compiler, const Node& node, const BatchNorm& op, const Setup& s) {
  const Tensor y = compiler.may_overwrite(s.input, s.x) ? s.x : compiler.allocate(s.x.desc);
  const auto forward =
      batch_normalization_forward_desc(dnnl::prop_kind::forward_inference, s.x.desc, op.epsilon, s.flags | Flags::use_global_stats);
  std::vector<PrimitiveArgument> arguments{{DNNL_ARG_SRC, s.x},
                                           {DNNL_ARG_DST, y},
                                           {DNNL_ARG_MEAN, compiler.parameter(node, running_mean(op), s.channels)},
                                           {DNNL_ARG_VARIANCE, compiler.parameter(node, running_mean(op) + 1, s.channels)}};
  if (op.affine) add_affine(compiler, node, s, arguments);
  compiler.add_primitive({s.layer, "forward", forward.impl_info_str(), format_name(y.desc)}, dnnl::batch_normalization_forward(forward),
                         forward.scratchpad_desc(), std::move(arguments));
  compiler.set_value(node.output, y);
}

/// Moves the running statistics towards the batch's; PyTorch's running variance is the unbiased one.
void add_running_statistics(Compiler& compiler, const Node& node, const BatchNorm& op, const Setup& s, const Tensor& mean,
                            const Tensor& variance) {
  const Dims d = dims_of(s.x.desc);
  const auto n = static_cast<double>(d[0] * d[2] * d[3]);
  const auto unbias = static_cast<float>(n / (n - 1));
  const auto run = [channels = d[1], momentum = op.momentum, unbias](std::span<void* const> b) {
    const auto* batch_mean = static_cast<const float*>(b[0]);
    const auto* batch_variance = static_cast<const float*>(b[1]);
    auto* mean_out = static_cast<float*>(b[2]);
    auto* variance_out = static_cast<float*>(b[3]);
    for (std::int64_t c = 0; c < channels; ++c) {
      mean_out[c] = (1 - momentum) * mean_out[c] + momentum * batch_mean[c];
      variance_out[c] = (1 - momentum) * variance_out[c] + momentum * batch_variance[c] * unbias;
    }
  };
  const std::size_t first = running_mean(op);
  compiler.add_kernel({s.layer, "statistics", "cnnctl", "x"},
                      {mean, variance, compiler.parameter(node, first, s.channels), compiler.parameter(node, first + 1, s.channels)}, run);
}

/// The library's joined relu turns NaN into 0, so that a network whose numbers are lost would go on as if nothing were. A channel's results
/// are NaN, as PyTorch's, where its statistics or its scale or shift are: then, and only then, they are written anew.
void add_lost_channels(Compiler& compiler, const Node& node, const BatchNorm& op, const Setup& s, const Tensor& mean,
                       const Tensor& variance, const Tensor& y) {
  const Tensor scale = op.affine ? compiler.parameter(node, 0, s.channels) : mean;
  const Tensor shift = op.affine ? compiler.parameter(node, 1, s.channels) : mean;
  const Dims d = dims_of(y.desc);
  const auto run = [desc = y.desc, d](std::span<void* const> b) {
    const auto lost = [&](std::int64_t c) {
      return std::any_of(b.begin(), b.end() - 1, [c](void* numbers) { return std::isnan(static_cast<const float*>(numbers)[c]); });
    };
    for (std::int64_t c = 0; c < d[1]; ++c)
      if (lost(c)) fill_channel(desc, c, std::numeric_limits<float>::quiet_NaN(), static_cast<float*>(b.back()));
  };
  compiler.add_kernel({s.layer, "lost channels", "cnnctl", "x"}, {mean, variance, scale, shift, y}, run);
}

/// The batch's mean and variance by our own loops; false where the layout is none of theirs. The library adds up a channel's values one
/// after another: of 8,000 values its mean is off by 50 times as much, enough to turn a relu here and there.
bool add_moments(Compiler& compiler, const Setup& s, const Tensor& mean, const Tensor& variance) {
  const auto layout = channel_layout(s.x.desc);
  if (!layout || !has_vector_blocks(*layout)) return false;
  const std::int64_t scratch_bytes = layout->images * layout->blocks * layout->width * 2 * static_cast<std::int64_t>(sizeof(float));
  compiler.add_kernel({s.layer, "moments", "cnnctl", format_name(s.x.desc)}, {s.x, mean, variance, compiler.allocate_bytes(scratch_bytes)},
                      [layout = *layout](std::span<void* const> b) {
                        kernels().channel_moments(layout, static_cast<const float*>(b[0]), static_cast<float*>(b[1]),
                                                  static_cast<float*>(b[2]), static_cast<float*>(b[3]));
                      });
  return true;
}

/// Batch norm, relu and max pooling in one, by our own loops (kernels/norm_relu_pool.cpp).
Backward compile_pooled(Compiler& compiler, const Node& node, const BatchNorm& op, const Setup& s) {
  const Tensor x = in_vector_blocks(s.x.desc) ? s.x : compiler.in_format(s.x, vector_blocked_desc(dims_of(s.x.desc)), s.layer);
  const Tensor y = allocate_blocked(compiler, node.output, x.desc);
  const NormPoolingGeometry geometry{*pooling_geometry(*op.pooling, x.desc, y.desc), op.epsilon};
  const ChannelLayout& in = geometry.pooling.in;
  const std::int64_t scratch_bytes = in.images * in.blocks * in.width * 2 * static_cast<std::int64_t>(sizeof(float));
  const Tensor mean = compiler.allocate(s.channels), variance = compiler.allocate(s.channels);
  const Tensor index = compiler.allocate_bytes(static_cast<std::int64_t>(y.desc.get_size() / sizeof(float)));
  const auto scale_and_shift = [=, &node, &op](Compiler& c) {
    return op.affine ? std::pair(c.parameter(node, 0, s.channels), c.parameter(node, 1, s.channels)) : std::pair(mean, mean);
  };
  const auto tensors = [affine = op.affine](std::span<void* const> b) {
    return NormTensors{affine ? static_cast<const float*>(b[0]) : nullptr, affine ? static_cast<const float*>(b[1]) : nullptr,
                       static_cast<float*>(b[2]), static_cast<float*>(b[3])};
  };
  const auto [scale, shift] = scale_and_shift(compiler);
  compiler.add_kernel({s.layer, "forward with pooling", "cnnctl", format_name(y.desc)},
                      {scale, shift, mean, variance, x, y, index, compiler.allocate_bytes(scratch_bytes)}, [=](std::span<void* const> b) {
                        kernels().norm_relu_pool_forward(geometry, tensors(b), static_cast<const float*>(b[4]), static_cast<float*>(b[5]),
                                                         static_cast<std::uint8_t*>(b[6]), static_cast<float*>(b[7]));
                      });
  add_running_statistics(compiler, node, op, s, mean, variance);
  compiler.set_value(node.output, y);
  compiler.keep_for_backward(x);

  return [=, &node, &op](Compiler& c) {
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, s.layer);
    const Tensor dx = c.allocate(x.desc);
    const Tensor dscale = op.affine ? c.parameter_gradient(node, 0) : c.allocate(s.channels);
    const Tensor dshift = op.affine ? c.parameter_gradient(node, 1) : c.allocate(s.channels);
    const auto [gamma, beta] = scale_and_shift(c);
    c.add_kernel({s.layer, "backward with pooling", "cnnctl", format_name(dx.desc)},
                 {gamma, beta, mean, variance, x, dy, index, dx, dscale, dshift, c.allocate_bytes(scratch_bytes)},
                 [=](std::span<void* const> b) {
                   kernels().norm_relu_pool_backward(geometry, tensors(b), static_cast<const float*>(b[4]), static_cast<const float*>(b[5]),
                                                     static_cast<const std::uint8_t*>(b[6]), static_cast<float*>(b[7]),
                                                     static_cast<float*>(b[8]), static_cast<float*>(b[9]), static_cast<float*>(b[10]));
                 });
    if (c.needs_gradient(s.input)) c.add_gradient(s.input, dx);
  };
}

}  // namespace

Backward compile(Compiler& compiler, const Node& node, const BatchNorm& op) {
  const Setup s = setup_of(compiler, node, op);
  if (!compiler.training()) {
    compile_evaluation(compiler, node, op, s);
    return {};
  }
  const Dims d = dims_of(s.x.desc);
  if (d[0] * d[2] * d[3] == 1)
    throw std::runtime_error("batch_norm needs more than one value per channel to train on; use a larger batch, or train.drop_last: true");
  if (op.pooling) return compile_pooled(compiler, node, op, s);

  const Tensor y = compiler.allocate(s.x.desc), mean = compiler.allocate(s.channels), variance = compiler.allocate(s.channels);
  const Flags given = add_moments(compiler, s, mean, variance) ? Flags::use_global_stats : Flags::none;
  const auto forward = batch_normalization_forward_desc(dnnl::prop_kind::forward_training, s.x.desc, op.epsilon, s.flags | given);
  const Desc workspace_desc = forward.workspace_desc();
  const bool has_workspace = workspace_desc.get_size() > 0;
  const Tensor workspace = has_workspace ? compiler.allocate(workspace_desc) : Tensor{};
  std::vector<PrimitiveArgument> arguments{{DNNL_ARG_SRC, s.x}, {DNNL_ARG_DST, y}, {DNNL_ARG_MEAN, mean}, {DNNL_ARG_VARIANCE, variance}};
  if (op.affine) add_affine(compiler, node, s, arguments);
  if (has_workspace) arguments.emplace_back(DNNL_ARG_WORKSPACE, workspace);
  compiler.add_primitive({s.layer, "forward", forward.impl_info_str(), format_name(y.desc)}, dnnl::batch_normalization_forward(forward),
                         forward.scratchpad_desc(), std::move(arguments));
  add_running_statistics(compiler, node, op, s, mean, variance);
  if (op.activation) add_lost_channels(compiler, node, op, s, mean, variance, y);
  compiler.set_value(node.output, y);
  compiler.keep_for_backward(s.x);

  return [=, &node, &op](Compiler& c) {
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, s.layer);
    const auto backward = batch_normalization_backward_desc(dy.desc, s.x.desc, op.epsilon, s.flags, forward);
    const Tensor dx = c.allocate(s.x.desc);
    std::vector<PrimitiveArgument> args{
        {DNNL_ARG_SRC, s.x}, {DNNL_ARG_MEAN, mean}, {DNNL_ARG_VARIANCE, variance}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}};
    if (op.affine) {
      args.emplace_back(DNNL_ARG_SCALE, c.parameter(node, 0, s.channels));
      if (kBackwardTakesShift) args.emplace_back(DNNL_ARG_SHIFT, c.parameter(node, 1, s.channels));
      args.emplace_back(DNNL_ARG_DIFF_SCALE, c.parameter_gradient(node, 0));
      args.emplace_back(DNNL_ARG_DIFF_SHIFT, c.parameter_gradient(node, 1));
    }
    if (has_workspace) args.emplace_back(DNNL_ARG_WORKSPACE, workspace);
    c.add_primitive({s.layer, "backward", backward.impl_info_str(), format_name(dx.desc)}, dnnl::batch_normalization_backward(backward),
                    backward.scratchpad_desc(), std::move(args));
    if (c.needs_gradient(s.input)) c.add_gradient(s.input, dx);
  };
}

}  // namespace cnnctl
