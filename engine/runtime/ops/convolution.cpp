#include "engine/runtime/ops/convolution.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/runtime/chooser.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/batch_norm.h"

namespace cnnctl {
namespace {

using Setup = ConvolutionSetup;
using Way = ConvolutionWay;

/// The ways to compute the convolution, all between maps of the same formats: first what the rule takes.
std::vector<Way> ways_of(Compiler& compiler, const Convolution& op, const Setup& s) {
  const Chooser& chooser = compiler.chooser();
  const bool reads_input = compiler.is_input(s.input);
  std::vector<Way> ways;
  const auto add = [&](std::vector<Way> more) { std::move(more.begin(), more.end(), std::back_inserter(ways)); };
  if (!chooser.deterministic()) add(winograd_ways(op, s, chooser.bf16()));
  if (chooser.bf16()) {
    if (auto way = bf16_library_way(op, s, reads_input)) ways.push_back(*std::move(way));
  } else if (!ways.empty()) {
    add(blocked_library_ways(op, s));
  }
  if (ways.empty()) ways.push_back(preferred_library_way(op, s, reads_input));
  // In float beside bfloat16 too: faster where memory is what counts.
  if (!chooser.deterministic()) add(pointwise_ways(op, s, ways.front()));
  return ways;
}

/// The pass over the node's result that its batch norm makes where the convolution has not taken the moments on its way.
void add_moments(Compiler& c, const Node& node) {
  const Tensor& y = c.value(node.output);
  const ChannelLayout layout = *channel_layout(y.desc);
  c.add_kernel({"", "moments", "cnnctl", format_name(y.desc)}, {y, allocate_moments(c, layout)},
               [layout](std::span<void* const> b) { kernels().plane_moments(layout, floats(b[0]), floats(b[1])); });
}

/// One of a convolution's computations, which are chosen for one by one.
struct Direction {
  const char* name;
  bool (*has)(const Way&);
  void (*add)(const Way&, Compiler&, const Node&);  // its steps, on maps of their own
};

const Direction forward{
    "forward", [](const Way& way) { return bool(way.forward); },
    [](const Way& way, Compiler& c, const Node& node) { c.set_value(node.output, way.forward(c, node, c.allocate(way.src))); }};

const Direction by_data{"backward data", [](const Way& way) { return bool(way.backward_data); },
                        [](const Way& way, Compiler& c, const Node& node) { way.backward_data(c, node, c.allocate(way.dst)); }};

const Direction by_weights{
    "backward weights", [](const Way& way) { return bool(way.backward_weights); },
    [](const Way& way, Compiler& c, const Node& node) { way.backward_weights(c, node, c.allocate(way.src), c.allocate(way.dst)); }};

const Direction evaluation{"evaluation", [](const Way& way) { return bool(way.evaluation); },
                           [](const Way& way, Compiler& c, const Node& node) {
                             if (node.inputs.size() > 1) c.set_value(node.inputs[1], c.allocate(way.dst));
                             way.evaluation(c, node, c.allocate(way.src));
                           }};

/// All that the time depends on, besides what choices_origin says.
std::string key_of(const Direction& direction, const Convolution& op, const Setup& s, bool with_moments, bool bf16) {
  const auto window = [](const Window& w) {
    return fmt::format("{}/{}/{}-{}/{}", w.kernel, w.stride, w.padding_begin, w.padding_end, w.dilation);
  };
  return fmt::format("{} {}, {} to {}, windows {} {}, groups {}{}{}{}", direction.name, op_name(op), fmt::join(s.src, "x"),
                     fmt::join(s.dst, "x"), window(op.vertical), window(op.horizontal), op.groups, op.bias ? ", bias" : "",
                     with_moments ? ", moments" : "", bf16 ? ", bf16" : "");
}

const Way& choose(Compiler& compiler, const Node& node, const Convolution& op, const Setup& s, const std::vector<Way>& ways,
                  const Direction& direction) {
  const bool with_moments = &direction == &forward && std::any_of(ways.begin(), ways.end(), [](const Way& w) { return w.takes_moments; });
  std::vector<Candidate> candidates;
  std::vector<const Way*> owners;
  for (const Way& way : ways) {
    if (!direction.has(way)) continue;
    const auto add = [&direction, &way, with_moments](Compiler& trial, const Node& alone) {
      direction.add(way, trial, alone);
      if (with_moments && !way.takes_moments) add_moments(trial, alone);
    };
    candidates.push_back({way.name, [&compiler, &node, add] { return std::make_unique<Trial>(compiler, node, add); }});
    owners.push_back(&way);
  }
  return *owners[compiler.chooser().choose(key_of(direction, op, s, with_moments, compiler.chooser().bf16()), candidates)];
}

/// The format in which the gradient of the result may come besides the ways' own, whichever of them is chosen.
std::optional<Desc> rounded_gradient(const Compiler& c, const Setup& s, const std::vector<Way>& ways) {
  const auto& rounded = ways.front().rounded_for_weights;
  const bool agreed = std::all_of(ways.begin(), ways.end(), [&](const Way& way) {
    return way.rounded_for_weights == rounded && (way.rounded_for_data == rounded || !c.needs_gradient(s.input));
  });
  return agreed ? rounded : std::nullopt;
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

/// Computed anew when parameters have changed.
ConvolutionParameters folded_parameters(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& s,
                                        const Desc& weights_desc, std::size_t first) {
  const Tensor weights = compiler.constant(weights_desc), bias = compiler.constant(s.bias);
  const auto fold = [&store = compiler.parameters(), &node, op, weights_desc, first](std::span<void* const> b) {
    std::vector<float> w = store.plain(node.parameters[first]);
    const Affine norm = folded(store, node, *op.norm, first + (op.bias ? 2 : 1), op.out_channels);
    const std::vector<float> old_bias = op.bias ? store.plain(node.parameters[first + 1]) : std::vector<float>(norm.mean.size(), 0.0F);
    const std::size_t per_channel = w.size() / norm.scale.size();
    for (std::size_t i = 0; i < w.size(); ++i) w[i] *= norm.scale[i / per_channel];
    copy_from_plain(weights_desc, w, b[0]);
    for (std::size_t c = 0; c < norm.mean.size(); ++c) floats(b[1])[c] = (old_bias[c] - norm.mean[c]) * norm.scale[c] + norm.shift[c];
  };
  compiler.add_preparation({s.layer, "fold batch_norm", "cnnctl", weights_format_name(weights_desc)}, {weights, bias}, fold);
  return {weights, bias};
}

}  // namespace

ConvolutionSetup convolution_setup(const Compiler& compiler, const Node& node, const Convolution& op) {
  return convolution_setup(compiler, node, op, compiler.dims(node.inputs[0]), compiler.dims(node.output));
}

ConvolutionSetup convolution_setup(const Compiler& compiler, const Node& node, const Convolution& op, const Dims& src, const Dims& dst) {
  Setup s;
  s.layer = compiler.layer_name(node);
  s.input = node.inputs[0];
  s.window = window_dims(op.vertical, op.horizontal);
  s.src = src;
  s.dst = dst;
  const std::int64_t in = s.src[1], kh = op.vertical.kernel, kw = op.horizontal.kernel, g = op.groups;
  s.weights = g == 1 ? Dims{op.out_channels, in, kh, kw} : Dims{g, op.out_channels / g, in / g, kh, kw};
  if (op.bias || op.norm) s.bias = plain_desc({op.out_channels});
  const std::int64_t products = in / g * kh * kw;  // for each number of the result
  s.flops = 2.0 * static_cast<double>(s.dst[0]) * static_cast<double>(s.dst[1] * s.dst[2] * s.dst[3]) * static_cast<double>(products);
  return s;
}

StepLabel convolution_label(const ConvolutionSetup& setup, const char* pass, const std::string& implementation, const Desc& desc) {
  return {setup.layer, pass, implementation, format_name(desc), setup.flops};
}

ConvolutionParameters convolution_parameters(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& s,
                                             const Desc& weights, std::size_t first) {
  if (op.norm) return folded_parameters(compiler, node, op, s, weights, first);
  return {compiler.parameter(node, first, weights), op.bias ? std::optional(compiler.parameter(node, first + 1, s.bias)) : std::nullopt};
}

EvaluationResult evaluation_result(Compiler& c, const Node& node, const Convolution& op, const ConvolutionSetup& s) {
  const Desc format = vector_blocked_desc(s.dst);
  if (!op.residual) return {c.allocate(format)};
  const Tensor residual = c.in_format(c.value(node.inputs[1]), format, s.layer);
  return {c.may_overwrite(node.inputs[1], residual) ? residual : c.allocate(format), residual};
}

Backward compile(Compiler& compiler, const Node& node, const Convolution& op) {
  Setup s = convolution_setup(compiler, node, op);
  s.wants_moments = compiler.training() && wants_moments(compiler.graph(), node.output);
  if (auto backward = compile_depthwise(compiler, node, op, s)) return *std::move(backward);
  const std::vector<Way> ways = ways_of(compiler, op, s);
  const Desc src = ways.front().src, dst = ways.front().dst;
  const Tensor x = compiler.in_format(compiler.value(s.input), src, s.layer);
  if (!compiler.training()) {
    compiler.set_value(node.output, choose(compiler, node, op, s, ways, evaluation).evaluation(compiler, node, x));
    return {};
  }
  compiler.set_value(node.output, choose(compiler, node, op, s, ways, forward).forward(compiler, node, x));
  if (trains(compiler.graph(), node)) compiler.keep_for_backward(x);
  if (const auto rounded = rounded_gradient(compiler, s, ways)) compiler.offer_gradient_format(node.output, *rounded);

  return [=, &node, &op](Compiler& c) {
    const Tensor& gradient = c.gradient(node.output);
    const Tensor dy = is_bf16(gradient.desc) ? gradient : c.in_format(gradient, dst, s.layer);
    if (trains(c.graph(), node)) choose(c, node, op, s, ways, by_weights).backward_weights(c, node, x, dy);
    if (c.needs_gradient(s.input)) c.add_gradient(s.input, choose(c, node, op, s, ways, by_data).backward_data(c, node, dy));
  };
}

}  // namespace cnnctl
