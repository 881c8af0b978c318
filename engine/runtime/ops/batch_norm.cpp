#include "engine/runtime/ops/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/runtime/layout.h"

namespace cnnctl {
namespace {

struct Setup {
  std::string layer;
  ValueId input;
  Tensor x;  // with its channels in blocks
  NormPart norm;
  NormGeometry geometry;

  std::int64_t channels() const { return geometry.layout.channels; }
};

Setup setup_of(Compiler& compiler, const Node& node, const BatchNorm& op) {
  const ValueId input = node.inputs[0];
  const std::string& layer = compiler.layer_name(node);
  // Of a vector every feature is a channel of one pixel.
  const Tensor x = in_channel_blocks(compiler, input, layer);
  return {layer, input, x, {op}, {*channel_layout(x.desc), op.epsilon, joined_loop(op.activation)}};
}

std::vector<Tensor> joined(std::vector<Tensor> first, std::initializer_list<Tensor> second) {
  first.insert(first.end(), second);
  return first;
}

void compile_evaluation(Compiler& compiler, const Node& node, const Setup& s) {
  const Tensor y = compiler.may_overwrite(s.input, s.x) ? s.x : compiler.allocate(s.x.desc);
  const Desc channels = plain_desc({s.channels()});
  const NormStatistics statistics{compiler.parameter(node, s.norm.running_mean(), channels),
                                  compiler.parameter(node, s.norm.running_mean() + 1, channels)};
  compiler.add_kernel({s.layer, "forward", "cnnctl", format_name(y.desc)},
                      joined(norm_numbers(compiler, node, s.norm, statistics), {s.x, y}),
                      [affine = s.norm.op.affine, geometry = s.geometry](std::span<void* const> b) {
                        kernels().norm_forward(geometry, norm_tensors(affine, b), floats(b[4]), floats(b[5]));
                      });
  compiler.set_value(node.output, y);
}

/// In training, by the running statistics, which stay as they are: then each channel is only scaled and shifted, and so is its gradient.
Backward compile_frozen(Compiler& compiler, const Node& node, const Setup& s) {
  compile_evaluation(compiler, node, s);
  return [=, &node](Compiler& c) {
    if (!c.needs_gradient(s.input)) return;
    const Tensor dy = c.in_format(c.gradient(node.output), s.x.desc, s.layer);
    const Tensor dx = c.overwrite_or_allocate_gradient(dy);
    const std::int64_t channels = s.channels();
    const Tensor factor = c.allocate_floats(channels);
    const Tensor variance = c.parameter(node, s.norm.running_mean() + 1, plain_desc({channels}));
    const Tensor scale = s.norm.op.affine ? c.parameter(node, 0, plain_desc({channels})) : variance;
    const ChannelScaleGeometry geometry{s.geometry.layout, false, false};
    c.add_kernel({s.layer, "backward", "cnnctl", format_name(dx.desc)}, {variance, scale, factor, dy, dx},
                 [geometry, channels, affine = s.norm.op.affine, epsilon = s.norm.op.epsilon](std::span<void* const> b) {
                   const auto* of_variance = floats(b[0]);
                   const auto* of_scale = floats(b[1]);
                   auto* factors = floats(b[2]);
                   for (std::int64_t i = 0; i < channels; ++i)
                     factors[i] = (affine ? of_scale[i] : 1.0F) / std::sqrt(of_variance[i] + epsilon);
                   kernels().channel_scale_forward(geometry, floats(b[3]), factors, floats(b[4]));
                 });
    c.add_gradient(s.input, dx);
  };
}

/// The loops that give a gradient in this format.
auto norm_relu_pool_backward(const Desc& dx) {
  return is_bf16(dx) ? bf16_kernels()->norm_relu_pool_backward : kernels().norm_relu_pool_backward;
}

/// Batch norm, relu and max pooling in one, by our own loops (kernels/norm_relu_pool_forward.cpp, norm_relu_pool_backward.cpp).
Backward compile_pooled(Compiler& compiler, const Node& node, const Setup& s, const NormStatistics& statistics) {
  const Tensor x = s.x;
  const Tensor y = allocate_blocked(compiler, node.output, x.desc);
  const NormPoolingGeometry geometry{*pooling_geometry(*s.norm.op.pooling, x.desc, y.desc), s.norm.op.epsilon};
  const Tensor index = compiler.allocate_bytes(count_floats(y.desc));
  compiler.add_kernel(
      {s.layer, "forward with pooling", "cnnctl", format_name(y.desc)},
      joined(norm_numbers(compiler, node, s.norm, statistics), {x, y, index, allocate_moments(compiler, s.geometry.layout)}),
      [geometry, affine = s.norm.op.affine](std::span<void* const> b) {
        kernels().norm_relu_pool_forward(geometry, norm_tensors(affine, b), floats(b[4]), floats(b[5]), static_cast<std::uint8_t*>(b[6]),
                                         floats(b[7]));
      });
  add_running_statistics(compiler, node, s.norm, dims_of(s.x.desc), statistics);
  compiler.set_value(node.output, y);

  return [=, &node](Compiler& c) {
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, s.layer);
    const auto rounded = c.gradient_format(s.input);
    const Tensor dx = rounded ? c.allocate(*rounded) : c.overwrite_or_allocate_input(s.input, x);
    const auto [dscale, dshift] = affine_gradient(c, node, s.norm, s.channels());
    c.add_kernel(
        {s.layer, "backward with pooling", "cnnctl", format_name(dx.desc)},
        joined(norm_numbers(c, node, s.norm, statistics), {x, dy, index, dx, dscale, dshift, allocate_moments(c, s.geometry.layout)}),
        [geometry, affine = s.norm.op.affine, backward = norm_relu_pool_backward(dx.desc)](std::span<void* const> b) {
          backward(geometry, norm_tensors(affine, b), floats(b[4]), floats(b[5]), static_cast<const std::uint8_t*>(b[6]), floats(b[7]),
                   floats(b[8]), floats(b[9]), floats(b[10]));
        });
    if (c.needs_gradient(s.input)) c.add_gradient(s.input, dx);
  };
}

/// What is added to the normalized map before the activation.
Tensor added(Compiler& compiler, const Node& node, const Setup& s) {
  return compiler.in_format(compiler.shaped_value(node.inputs[1], s.layer), s.x.desc, s.layer);
}

Tensor add_forward(Compiler& compiler, const Node& node, const Setup& s, const NormStatistics& statistics) {
  const Tensor other = s.norm.op.residual ? added(compiler, node, s) : s.x;
  const Tensor y = s.norm.op.residual && compiler.may_overwrite(node.inputs[1], other) ? other : compiler.allocate(s.x.desc);
  const auto known = known_moments(compiler, s.input, s.x);
  const Tensor moments = known ? *known : allocate_moments(compiler, s.geometry.layout);
  compiler.add_kernel({s.layer, "forward", "cnnctl", format_name(y.desc)},
                      joined(norm_numbers(compiler, node, s.norm, statistics), {s.x, other, y, moments}),
                      [affine = s.norm.op.affine, residual = s.norm.op.residual, known = known.has_value(),
                       geometry = s.geometry](std::span<void* const> b) {
                        auto* const of_planes = floats(b[7]);
                        kernels().norm_training_forward(geometry, norm_tensors(affine, b), floats(b[4]), residual ? floats(b[5]) : nullptr,
                                                        known ? of_planes : nullptr, floats(b[6]), of_planes);
                      });
  return y;
}

/// The gradient that arrives; with a residual sum also what the step needs to make the gradient in the sum (NormGradient).
struct Arriving {
  Tensor dy;
  std::optional<Tensor> second, result, in_sum;
};

void add_backward(Compiler& c, const Node& node, const Setup& s, const NormStatistics& statistics, const Arriving& arriving,
                  const Tensor& dx) {
  const auto [dscale, dshift] = affine_gradient(c, node, s.norm, s.channels());
  std::vector<Tensor> tensors =
      joined(norm_numbers(c, node, s.norm, statistics), {s.x, dscale, dshift, dx, allocate_moments(c, s.geometry.layout), arriving.dy});
  /// The place of a tensor that there need not be among the step's buffers.
  const auto place = [&](const std::optional<Tensor>& tensor) {
    if (tensor) tensors.push_back(*tensor);
    return tensor ? std::optional(tensors.size() - 1) : std::nullopt;
  };
  const auto second = place(arriving.second), result = place(arriving.result), in_sum = place(arriving.in_sum);
  c.add_kernel({s.layer, "backward", "cnnctl", format_name(dx.desc)}, tensors,
               [=, affine = s.norm.op.affine, geometry = s.geometry](std::span<void* const> b) {
                 const auto at = [&](const std::optional<std::size_t>& i) { return i ? floats(b[*i]) : nullptr; };
                 kernels().norm_training_backward(geometry, norm_tensors(affine, b), floats(b[4]),
                                                  {floats(b[9]), at(second), at(result), at(in_sum)}, floats(b[5]), floats(b[6]),
                                                  floats(b[7]), floats(b[8]));
               });
}

/// Where the gradient in a residual sum is not what arrives: two parts of it, or a relu behind the sum.
void compile_backward_through_sum(Compiler& c, const Node& node, const Setup& s, const NormStatistics& statistics, Arriving arriving) {
  const Tensor in_sum = c.overwrite_or_allocate_gradient(arriving.dy);
  arriving.in_sum = in_sum;
  const bool shared = c.needs_gradient(node.inputs[1]);
  const Tensor dx = !shared ? in_sum : arriving.second ? c.overwrite_or_allocate_gradient(*arriving.second) : c.allocate(s.x.desc);
  add_backward(c, node, s, statistics, arriving, dx);
  if (shared) c.add_gradient(node.inputs[1], in_sum);
  if (c.needs_gradient(s.input)) c.add_gradient(s.input, dx);
}

void compile_backward(Compiler& c, const Node& node, const Setup& s, const NormStatistics& statistics, const Tensor& y) {
  Arriving arriving{c.in_format(c.gradient(node.output), s.x.desc, s.layer), {}, {}, {}};
  if (const auto& second = c.second_gradient(node.output)) arriving.second = c.in_format(*second, s.x.desc, s.layer);
  if (s.norm.op.residual && s.norm.op.activation) arriving.result = y;
  if (arriving.second || arriving.result) return compile_backward_through_sum(c, node, s, statistics, arriving);

  if (s.norm.op.residual && c.needs_gradient(node.inputs[1])) c.add_gradient(node.inputs[1], arriving.dy);
  const Tensor dx = c.overwrite_or_allocate_gradient(arriving.dy);
  add_backward(c, node, s, statistics, arriving, dx);
  if (c.needs_gradient(s.input)) c.add_gradient(s.input, dx);
}

}  // namespace

NormStatistics allocate_statistics(Compiler& compiler, std::int64_t channels) {
  return {compiler.allocate(plain_desc({channels})), compiler.allocate(plain_desc({channels}))};
}

std::vector<Tensor> norm_numbers(Compiler& compiler, const Node& node, const NormPart& norm, const NormStatistics& s) {
  if (!norm.op.affine) return {s.mean, s.variance, s.mean, s.variance};
  return {compiler.parameter(node, norm.first, s.mean.desc), compiler.parameter(node, norm.first + 1, s.mean.desc), s.mean, s.variance};
}

NormTensors norm_tensors(bool affine, std::span<void* const> b) {
  return {affine ? floats(b[0]) : nullptr, affine ? floats(b[1]) : nullptr, floats(b[2]), floats(b[3])};
}

void add_running_statistics(Compiler& compiler, const Node& node, const NormPart& norm, const Dims& d, const NormStatistics& s) {
  const auto n = static_cast<double>(d[0] * d[2] * d[3]);
  if (n == 1)
    throw CompilationError("batch_norm needs more than one value per channel to train on; use a larger batch, or train.drop_last: true");
  const auto unbias = static_cast<float>(n / (n - 1));
  const auto run = [channels = d[1], momentum = norm.op.momentum, unbias](std::span<void* const> b) {
    const auto* batch_mean = floats(b[0]);
    const auto* batch_variance = floats(b[1]);
    auto* mean_out = floats(b[2]);
    auto* variance_out = floats(b[3]);
    for (std::int64_t c = 0; c < channels; ++c) {
      mean_out[c] = (1 - momentum) * mean_out[c] + momentum * batch_mean[c];
      variance_out[c] = (1 - momentum) * variance_out[c] + momentum * batch_variance[c] * unbias;
    }
  };
  const std::size_t first = norm.running_mean();
  compiler.add_kernel_once(
      {compiler.layer_name(node), "statistics", "cnnctl", "x"},
      {s.mean, s.variance, compiler.parameter(node, first, s.mean.desc), compiler.parameter(node, first + 1, s.mean.desc)}, run);
}

bool wants_moments(const Graph& graph, ValueId value) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
    if (node.inputs.empty() || node.inputs[0] != value) return false;
    if (const auto* norm = std::get_if<BatchNorm>(&node.op)) return !norm->frozen && !norm->pooling;
    const auto* depthwise = std::get_if<NormDepthwise>(&node.op);
    return depthwise != nullptr && depthwise->before.has_value();
  });
}

Tensor allocate_moments(Compiler& compiler, const ChannelLayout& layout) {
  return compiler.allocate_floats(layout.images * layout.blocks * layout.width * 2);
}

std::optional<Tensor> known_moments(const Compiler& compiler, ValueId value, const Tensor& x) {
  return x.buffer == compiler.value(value).buffer ? compiler.moments(value) : std::nullopt;
}

AffineGradient affine_gradient(Compiler& c, const Node& node, const NormPart& norm, std::int64_t channels) {
  if (!norm.op.affine) return {c.allocate(plain_desc({channels})), c.allocate(plain_desc({channels}))};
  return {c.parameter_gradient(node, norm.first), c.parameter_gradient(node, norm.first + 1)};
}

Backward compile(Compiler& compiler, const Node& node, const BatchNorm& op) {
  const Setup s = setup_of(compiler, node, op);
  if (!compiler.training()) {
    compile_evaluation(compiler, node, s);
    return {};
  }
  if (op.frozen) return compile_frozen(compiler, node, s);
  compiler.keep(s.x);
  const NormStatistics statistics = allocate_statistics(compiler, s.channels());
  if (op.pooling) return compile_pooled(compiler, node, s, statistics);

  const Tensor y = add_forward(compiler, node, s, statistics);
  add_running_statistics(compiler, node, s.norm, dims_of(s.x.desc), statistics);
  compiler.set_value(node.output, y);
  if (op.residual && op.activation) compiler.keep(y);
  return [=, &node](Compiler& c) { compile_backward(c, node, s, statistics, y); };
}

}  // namespace cnnctl
