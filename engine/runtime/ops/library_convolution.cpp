#include "engine/graph/first_convolution.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/convolution.h"
#include "engine/runtime/selftest.h"

namespace cnnctl {
namespace {

using dnnl::algorithm;
using dnnl::prop_kind;

using Setup = ConvolutionSetup;
using Forward = dnnl::convolution_forward::primitive_desc;

/// One of the library's algorithms, with its forward primitive, and the formats in which maps come and go: the primitive's, in float.
struct Library {
  algorithm method;
  Forward forward;
  Desc src, dst;
};

Library in_own_formats(algorithm method, const Forward& forward) { return {method, forward, forward.src_desc(), forward.dst_desc()}; }

/// The map rounded to bfloat16 where a primitive reads it so.
Tensor as_read(Compiler& c, const Setup& s, const Tensor& map, const Desc& wanted) {
  if (is_bf16(wanted) == is_bf16(map.desc)) return map;
  const Tensor rounded = c.allocate(wanted);
  const std::int64_t count = count_floats(map.desc);
  c.add_kernel({s.layer, "round", "cnnctl bf16", format_name(wanted)}, {map, rounded},
               [count](std::span<void* const> b) { bf16_kernels()->round(count, floats(b[0]), b[1]); });
  return rounded;
}

/// Weights of a primitive that reads maps like `src`, in a format of its choice.
Desc weights_for(const Setup& s, const Desc& src) { return is_bf16(src) ? bf16_desc(s.weights, FormatTag::any) : any_desc(s.weights); }

/// The library's ways of last resort, by their own names: the plain loop, or matrix products over copied windows.
bool is_slow(const std::string& implementation) {
  return implementation.starts_with("ref") || implementation.find("gemm") != std::string::npos;
}

Forward any_weights(algorithm method, const Setup& s, const Desc& src, const Desc& dst) {
  return convolution_forward_desc(prop_kind::forward_training, method, src, weights_for(s, src), s.bias, dst, s.window, user_scratchpad());
}

/// A primitive that `make` gives, or nothing where there is none or only a slow one.
template <class Make>
auto fast(const Make& make) -> std::optional<decltype(make())> {
  try {
    const auto primitive = make();
    if (!is_slow(primitive.impl_info_str())) return primitive;
  } catch (const dnnl::error&) {  // the library has none for these sizes and formats
  }
  return std::nullopt;
}

std::optional<Forward> fast_primitive(algorithm method, const Setup& s, const Desc& src, const Desc& dst) {
  return fast([&] { return any_weights(method, s, src, dst); });
}

/// Whether the maps are the caller's, of so few channels that they are read in nchw.
bool reads_few(const Setup& s, bool reads_input) { return reads_input && s.src[1] <= few_channels; }

/// The primitive for these sizes, and with it the formats of source and result: an nchw source in a first layer of few channels, and what
/// oneDNN prefers where that is blocked channels, which our own loops read too. oneDNN 3.x prefers channels last on some machines: then
/// blocks are asked for.
Forward preferred(const Setup& s, bool reads_input) {
  constexpr algorithm direct = algorithm::convolution_direct;
  const bool few = reads_few(s, reads_input);
  const auto liked = fast_primitive(direct, s, few ? plain_desc(s.src) : any_desc(s.src), any_desc(s.dst));
  if (liked && in_vector_blocks(liked->dst_desc())) return *liked;
  const auto asked = fast_primitive(direct, s, few ? plain_desc(s.src) : vector_blocked_desc(s.src), vector_blocked_desc(s.dst));
  if (asked) return *asked;
  return liked ? *liked : any_weights(direct, s, any_desc(s.src), any_desc(s.dst));
}

/// Evaluation's primitive, in the formats of training: what inference prefers by itself differs between layers and costs reorders.
/// Winograd's would keep its weights in a format that says nothing about where they stand.
Forward evaluation_primitive(const Setup& s, const Library& library, const dnnl::primitive_attr& attributes) {
  const prop_kind kind = library.method == algorithm::convolution_direct ? prop_kind::forward_inference : prop_kind::forward_training;
  const Desc src = library.forward.src_desc();
  return convolution_forward_desc(kind, library.method, src, weights_for(s, src), s.bias, library.dst, s.window, attributes);
}

/// The primitive that adds its result to the node's second input, in place; nothing where something else needs that input, its format
/// differs, or there is only a slow one.
std::optional<Forward> adding_primitive(const Compiler& compiler, const Node& node, const Convolution& op, const Setup& s,
                                        const Library& library) {
  const ValueId other = node.inputs[1];
  if (compiler.value(other).desc != library.dst || !compiler.may_overwrite(other, compiler.value(other))) return std::nullopt;
  return fast([&] { return evaluation_primitive(s, library, post_operations(true, op.activation)); });
}

void add_forward_primitive(Compiler& compiler, const Node& node, const Convolution& op, const Setup& s, const Forward& forward,
                           const Tensor& x, const Tensor& y) {
  const ConvolutionParameters parameters = convolution_parameters(compiler, node, op, s, forward.weights_desc());
  std::vector<PrimitiveArgument> arguments{
      {DNNL_ARG_SRC, as_read(compiler, s, x, forward.src_desc())}, {DNNL_ARG_WEIGHTS, parameters.weights}, {DNNL_ARG_DST, y}};
  if (parameters.bias) arguments.emplace_back(DNNL_ARG_BIAS, *parameters.bias);
  compiler.add_primitive(convolution_label(s, "forward", forward.impl_info_str(), y.desc), dnnl::convolution_forward(forward),
                         forward.scratchpad_desc(), std::move(arguments));
}

Tensor compile_evaluation(Compiler& compiler, const Node& node, const Convolution& op, const Setup& s, const Library& library,
                          const Tensor& x) {
  const Forward forward = evaluation_primitive(s, library, post_operations(false, op.activation));
  const Tensor y = compiler.allocate(forward.dst_desc());
  add_forward_primitive(compiler, node, op, s, forward, x, y);
  return y;
}

/// With the addition of the second input: in the same primitive, or behind it.
Tensor compile_residual(Compiler& compiler, const Node& node, const Convolution& op, const Setup& s, const Library& library,
                        const Tensor& x) {
  if (const auto adding = adding_primitive(compiler, node, op, s, library)) {
    const Tensor y = compiler.value(node.inputs[1]);
    add_forward_primitive(compiler, node, op, s, *adding, x, y);
    return y;
  }
  Convolution alone = op;
  alone.residual = false;
  alone.activation.reset();
  const Tensor y = compile_evaluation(compiler, node, alone, s, library, x);
  add_combination(compiler, s.layer, "forward", {false, op.activation.has_value()}, y,
                  compiler.in_format(compiler.value(node.inputs[1]), y.desc, s.layer), y);
  return y;
}

Tensor add_forward(Compiler& c, const Node& node, const Convolution& op, const Setup& s, const Library& library, const Tensor& x) {
  const Forward& forward = library.forward;
  const Tensor y = c.allocate(forward.dst_desc());
  add_forward_primitive(c, node, op, s, forward, x, y);
  return y;
}

auto backward_weights_primitive(const Setup& s, const Library& library, const Desc& src, const Desc& dst) {
  return convolution_backward_weights_desc(library.method, src, any_desc(s.weights), s.bias, dst, s.window, library.forward);
}

/// What `make` gives for maps in formats in which the library is fast: in blocks of channels, which our own loops read too, or as it
/// prefers.
template <class Make>
auto in_fast_formats(const Setup& s, const Make& make) {
  const auto blocked = fast([&] { return make(vector_blocked_desc(s.src), vector_blocked_desc(s.dst)); });
  return blocked ? *blocked : make(any_desc(s.src), any_desc(s.dst));
}

void add_weights_gradient(Compiler& c, const Node& node, const Convolution& op, const Setup& s, const Library& library, Tensor x,
                          Tensor dy) {
  x = as_read(c, s, x, library.forward.src_desc());
  if (is_bf16(x.desc)) dy = as_read(c, s, dy, *bf16_like(library.dst));
  auto backward = backward_weights_primitive(s, library, x.desc, dy.desc);
  if (is_slow(backward.impl_info_str())) {
    if (add_few_channel_weights(c, node, op, s, x, dy)) return;
    backward = in_fast_formats(s, [&](const Desc& src, const Desc& dst) { return backward_weights_primitive(s, library, src, dst); });
    x = c.in_format(x, backward.src_desc(), s.layer);
    dy = c.in_format(dy, backward.diff_dst_desc(), s.layer);
  }
  c.write_parameter_gradient(node, 0, backward.diff_weights_desc(), [&](const Tensor& dw) {
    std::vector<PrimitiveArgument> arguments{{DNNL_ARG_SRC, x}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_WEIGHTS, dw}};
    if (op.bias) arguments.emplace_back(DNNL_ARG_DIFF_BIAS, c.parameter_gradient(node, 1));
    c.add_primitive(convolution_label(s, "backward weights", backward.impl_info_str(), x.desc),
                    dnnl::convolution_backward_weights(backward), backward.scratchpad_desc(), std::move(arguments));
  });
}

auto backward_data_primitive(const Setup& s, const Library& library, const Desc& src, const Desc& dst) {
  return convolution_backward_data_desc(library.method, src, weights_for(s, dst), dst, s.window, library.forward);
}

/// The primitive in the formats of the forward one.
auto backward_data_primitive(const Setup& s, const Library& library) {
  return backward_data_primitive(s, library, library.src, is_bf16(library.forward.src_desc()) ? *bf16_like(library.dst) : library.dst);
}

Tensor add_data_gradient(Compiler& c, const Node& node, const Setup& s, const Library& library, Tensor dy) {
  auto backward = backward_data_primitive(s, library);
  // A source of less than a block of channels is read in nchw, for whose gradient there is a plain loop alone, a thousand times slower.
  if (is_slow(backward.impl_info_str()))
    backward = in_fast_formats(s, [&](const Desc& src, const Desc& dst) { return backward_data_primitive(s, library, src, dst); });
  dy = is_bf16(backward.diff_dst_desc()) ? as_read(c, s, dy, backward.diff_dst_desc()) : c.in_format(dy, backward.diff_dst_desc(), s.layer);
  const Tensor dx = c.allocate(backward.diff_src_desc());
  c.add_primitive(convolution_label(s, "backward data", backward.impl_info_str(), dx.desc), dnnl::convolution_backward_data(backward),
                  backward.scratchpad_desc(),
                  {{DNNL_ARG_WEIGHTS, c.parameter(node, 0, backward.weights_desc())}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}});
  return dx;
}

ConvolutionWay library_way(const std::string& name, const Convolution& op, const Setup& s, const Library& library) {
  ConvolutionWay way{.name = name, .src = library.src, .dst = library.dst};
  way.forward = [=, &op](Compiler& c, const Node& node, const Tensor& x) { return add_forward(c, node, op, s, library, x); };
  way.backward_data = [=](Compiler& c, const Node& node, const Tensor& dy) { return add_data_gradient(c, node, s, library, dy); };
  way.backward_weights = [=, &op](Compiler& c, const Node& node, const Tensor& x, const Tensor& dy) {
    add_weights_gradient(c, node, op, s, library, x, dy);
  };
  way.evaluation = [=, &op](Compiler& c, const Node& node, const Tensor& x) {
    return op.residual ? compile_residual(c, node, op, s, library, x) : compile_evaluation(c, node, op, s, library, x);
  };
  return way;
}

/// Winograd's method, with the directions that the library has it for.
std::optional<ConvolutionWay> library_winograd_way(const Convolution& op, const Setup& s) {
  constexpr algorithm method = algorithm::convolution_winograd;
  const auto forward = fast_primitive(method, s, vector_blocked_desc(s.src), vector_blocked_desc(s.dst));
  if (!forward) return std::nullopt;
  const Library library = in_own_formats(method, *forward);
  ConvolutionWay way = library_way("library winograd", op, s, library);
  if (!fast([&] { return backward_data_primitive(s, library); })) way.backward_data = nullptr;
  if (!fast([&] { return backward_weights_primitive(s, library, way.src, way.dst); })) way.backward_weights = nullptr;
  if (!fast([&] { return evaluation_primitive(s, library, post_operations(false, op.activation)); })) way.evaluation = nullptr;
  return way;
}

/// A convolution that the library computes right in bfloat16. Its gradient by weights is wrong on maps of a pixel or two with a stride and
/// padding (2.6 and 3.7), and what is padded to whole blocks may be where it does not know the caches (selftest.h).
bool right_in_bf16(const Convolution& op, const Setup& s) {
  const auto larger = [](std::int64_t size, const Window& window) {
    return size > window.dilation * (window.kernel - 1) &&
           (size > 2 || window.stride == 1 || window.padding_begin + window.padding_end == 0);
  };
  const bool whole = s.src[1] % 16 == 0 && s.dst[1] % 16 == 0;
  return op.groups == 1 && larger(s.src[2], op.vertical) && larger(s.src[3], op.horizontal) && (whole || self_test().reorders_are_right);
}

/// Whether the library has fast loops for all that the way does in training, but for the gradient by data, and in evaluation.
bool has_all(const Convolution& op, const Setup& s, const Library& library) {
  return fast([&] { return backward_weights_primitive(s, library, library.forward.src_desc(), *bf16_like(library.dst)); }) &&
         fast([&] { return evaluation_primitive(s, library, post_operations(false, op.activation)); });
}

}  // namespace

std::optional<ConvolutionWay> bf16_library_way(const Convolution& op, const ConvolutionSetup& s, bool reads_input) {
  constexpr algorithm direct = algorithm::convolution_direct;
  const bool few = reads_few(s, reads_input);
  if (!library_has_bf16() || !right_in_bf16(op, s) || (!few && s.src[1] < 16)) return std::nullopt;
  const Desc src = few ? plain_desc(s.src) : vector_blocked_desc(s.src), dst = vector_blocked_desc(s.dst);
  const auto rounded = bf16_like(src);
  const auto forward = rounded ? fast_primitive(direct, s, *rounded, dst) : std::nullopt;
  if (!forward) return std::nullopt;
  const Library library{direct, *forward, src, dst};
  ConvolutionWay way = library_way("direct", op, s, library);
  if (!has_all(op, s, library)) return std::nullopt;
  way.rounded_for_weights = bf16_like(dst);
  if (fast([&] { return backward_data_primitive(s, library); })) {
    way.rounded_for_data = bf16_like(dst);
    return way;
  }
  const ConvolutionWay in_f32 = preferred_library_way(op, s, reads_input);
  if (in_f32.src != src || in_f32.dst != dst) return std::nullopt;
  way.backward_data = in_f32.backward_data;
  return way;
}

ConvolutionWay preferred_library_way(const Convolution& op, const ConvolutionSetup& s, bool reads_input) {
  return library_way("direct", op, s, in_own_formats(algorithm::convolution_direct, preferred(s, reads_input)));
}

std::vector<ConvolutionWay> blocked_library_ways(const Convolution& op, const ConvolutionSetup& s) {
  std::vector<ConvolutionWay> ways;
  constexpr algorithm direct = algorithm::convolution_direct;
  if (const auto forward = fast_primitive(direct, s, vector_blocked_desc(s.src), vector_blocked_desc(s.dst)))
    ways.push_back(library_way("direct", op, s, in_own_formats(direct, *forward)));
  if constexpr (kLibraryHasWinograd)
    if (auto way = library_winograd_way(op, s)) ways.push_back(*std::move(way));
  return ways;
}

}  // namespace cnnctl
