#include "engine/runtime/layout.h"
#include "engine/runtime/ops/convolution.h"
#include "engine/runtime/threads.h"

namespace cnnctl {
namespace {

// Floats of transformed weights that a core keeps at hand while it walks over the tiles.
constexpr std::int64_t kMostWeights = 128 * 1024;

bool is_relu(const Eltwise& op) { return op.function == Eltwise::Function::relu; }

std::optional<WinogradGeometry> winograd_geometry(const Convolution& op, const ConvolutionSetup& s) {
  constexpr std::int64_t kernel = WinogradGeometry::kernel;
  const std::int64_t width = kernels().vector_width;
  const auto fits = [](const Window& w) { return w.kernel == kernel && w.stride == 1 && w.dilation == 1 && w.padding_begin < kernel; };
  if (!fits(op.vertical) || !fits(op.horizontal) || op.groups != 1 || s.src[1] % width != 0 || s.dst[1] % width != 0) return std::nullopt;
  if (op.activation && !is_relu(*op.activation)) return std::nullopt;
  const WinogradGeometry geometry{s.src[0],
                                  width,
                                  s.src[1],
                                  s.dst[1],
                                  s.src[2],
                                  s.src[3],
                                  s.dst[2],
                                  s.dst[3],
                                  op.vertical.padding_begin,
                                  op.horizontal.padding_begin,
                                  set_threads(0)};
  return geometry.weights() <= kMostWeights ? std::optional(geometry) : std::nullopt;
}

const float* in(void* pointer) { return static_cast<const float*>(pointer); }
float* out(void* pointer) { return static_cast<float*>(pointer); }

Tensor floats(Compiler& compiler, std::int64_t count) { return compiler.allocate_bytes(count * static_cast<std::int64_t>(sizeof(float))); }

/// The loops read weights as [in][5][5][out].
Desc weights_desc(const ConvolutionSetup& s) { return f32_desc(s.weights, FormatTag::bcda); }

KernelFunction transform(const WinogradGeometry& g, bool transposed) {
  return [g, transposed](std::span<void* const> b) { kernels().winograd_weights(g, in(b[0]), transposed, out(b[1])); };
}

void add_forward(Compiler& c, const ConvolutionSetup& s, const char* pass, const WinogradGeometry& g, const Tensor& x, const Tensor& u,
                 const Tensor* bias, bool relu, const Tensor& y) {
  const Tensor scratch = floats(c, winograd_forward_scratch(g) * g.threads);
  const auto run = [g, has_bias = bias != nullptr, relu](std::span<void* const> b) {
    kernels().winograd_forward(g, in(b[0]), in(b[1]), has_bias ? in(b[2]) : nullptr, relu, out(b[3]), out(b[4]));
  };
  c.add_kernel(convolution_label(s, pass, "cnnctl winograd", y.desc), {x, u, bias ? *bias : u, y, scratch}, run);
}

void compile_evaluation(Compiler& c, const Node& node, const Convolution& op, const ConvolutionSetup& s, const WinogradGeometry& g,
                        const Tensor& x, const Tensor& y) {
  Tensor w, bias;
  if (op.norm) {
    std::tie(w, bias) = folded_parameters(c, node, op, s, weights_desc(s));
  } else {
    w = c.parameter(node, 0, weights_desc(s));
    if (op.bias) bias = c.parameter(node, 1, s.bias);
  }
  const Tensor u = c.constant(plain_desc({g.weights()}));
  c.add_preparation({s.layer, "transform weights", "cnnctl winograd", "x"}, {w, u}, transform(g, false));
  add_forward(c, s, "forward", g, x, u, bias.buffer >= 0 ? &bias : nullptr, op.activation.has_value(), y);
}

}  // namespace

std::optional<Backward> compile_winograd(Compiler& compiler, const Node& node, const Convolution& op, const ConvolutionSetup& setup) {
  const auto geometry = winograd_geometry(op, setup);
  if (!geometry) return std::nullopt;
  const WinogradGeometry g = *geometry;
  const Tensor x = compiler.in_format(compiler.value(setup.input), vector_blocked_desc(setup.src), setup.layer);
  const Tensor y = compiler.allocate(vector_blocked_desc(setup.dst));
  compiler.set_value(node.output, y);
  if (!compiler.training()) {
    compile_evaluation(compiler, node, op, setup, g, x, y);
    return Backward{};
  }
  const auto transformed_weights = [=, &node](Compiler& c, bool transposed) {
    const Tensor u = floats(c, g.weights());
    const Tensor w = c.parameter(node, 0, weights_desc(setup));
    c.add_kernel({setup.layer, "transform weights", "cnnctl winograd", "x"}, {w, u}, transform(g, transposed));
    return u;
  };
  const Tensor bias = op.bias ? compiler.parameter(node, 1, setup.bias) : Tensor{};
  add_forward(compiler, setup, "forward", g, x, transformed_weights(compiler, false), op.bias ? &bias : nullptr, false, y);
  compiler.keep_for_backward(x);

  return [=, &node, &op](Compiler& c) {
    const Tensor dy = c.in_format(c.gradient(node.output), y.desc, setup.layer);
    const Tensor dw = c.parameter_gradient(node, 0), db = op.bias ? c.parameter_gradient(node, 1) : dw;
    const Tensor raw = dw.desc == weights_desc(setup) ? dw : c.allocate(weights_desc(setup));
    c.add_kernel(convolution_label(setup, "backward weights", "cnnctl winograd", x.desc),
                 {x, dy, raw, db, floats(c, winograd_weights_scratch(g) * g.threads)}, [g, has_bias = op.bias](std::span<void* const> b) {
                   kernels().winograd_backward_weights(g, in(b[0]), in(b[1]), out(b[2]), has_bias ? out(b[3]) : nullptr, out(b[4]));
                 });
    if (raw.buffer != dw.buffer) c.reorder(raw, dw, setup.layer);
    if (!c.needs_gradient(setup.input)) return;
    const Tensor dx = c.allocate(x.desc);
    add_forward(c, setup, "backward data", winograd_transposed(g), dy, transformed_weights(c, true), nullptr, false, dx);
    c.add_gradient(setup.input, dx);
  };
}

}  // namespace cnnctl
