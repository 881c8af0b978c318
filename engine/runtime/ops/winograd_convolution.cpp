#include "engine/graph/winograd.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/ops/convolution.h"
#include "engine/runtime/threads.h"

namespace cnnctl {
namespace {

static_assert(WinogradGeometry::points == winograd_points);

bool is_relu(const Eltwise& op) { return op.function == Eltwise::Function::relu; }

/// In the order that should be faster.
std::optional<WinogradGeometry> winograd_geometry(const Convolution& op, const ConvolutionSetup& s, bool bf16) {
  const std::int64_t width = kernels().vector_width, kernel = op.vertical.kernel;
  if (!suits_winograd(op, s.src[1], width)) return std::nullopt;
  if (op.vertical.padding_begin >= kernel || op.horizontal.padding_begin >= kernel) return std::nullopt;
  if (op.activation && !is_relu(*op.activation)) return std::nullopt;
  const auto order = keeps_weights_at_points(s.src[1], s.dst[1]) ? WinogradGeometry::Order::tiles : WinogradGeometry::Order::channels;
  return WinogradGeometry{kernel,
                          order,
                          s.src[0],
                          width,
                          s.src[1],
                          s.dst[1],
                          s.src[2],
                          s.src[3],
                          s.dst[2],
                          s.dst[3],
                          op.vertical.padding_begin,
                          op.horizontal.padding_begin,
                          threads(),
                          bf16};
}

/// The loops read weights as [in][kernel][kernel][out].
Desc weights_desc(const ConvolutionSetup& s) { return f32_desc(s.weights, FormatTag::bcda); }

bool takes_points(const WinogradGeometry& g) { return g.order == WinogradGeometry::Order::tiles; }

const WinogradLoops& loops_for(const WinogradGeometry& g) { return g.bf16 ? bf16_kernels()->winograd : kernels().winograd; }

const char* implementation(const WinogradGeometry& g) { return g.bf16 ? "cnnctl winograd bf16" : "cnnctl winograd"; }

KernelFunction transform(const WinogradGeometry& g, bool transposed) {
  return [g, transposed](std::span<void* const> b) { loops_for(g).weights(g, floats(b[0]), transposed, floats(b[1])); };
}

/// What the forward loops read besides their input, and what they do to the result.
struct ForwardOperands {
  Tensor weights{};
  bool transposed = false;
  std::optional<Tensor> bias{}, residual{};
  bool relu = false;
};

void add_forward(Compiler& c, const ConvolutionSetup& s, const char* pass, const WinogradGeometry& g, const Tensor& x,
                 const ForwardOperands& operands, const Tensor& y) {
  const Tensor scratch = c.allocate_floats(winograd_forward_scratch(g));
  const auto run = [g, transposed = operands.transposed, bias = operands.bias.has_value(), residual = operands.residual.has_value(),
                    relu = operands.relu](std::span<void* const> b) {
    const ResultOperations operations{bias ? floats(b[2]) : nullptr, residual ? floats(b[3]) : nullptr, relu};
    loops_for(g).forward(g, floats(b[0]), floats(b[1]), transposed, operations, floats(b[4]), floats(b[5]));
  };
  c.add_kernel(convolution_label(s, pass, implementation(g), y.desc),
               {x, operands.weights, operands.bias.value_or(x), operands.residual.value_or(x), y, scratch}, run);
}

Tensor compile_evaluation(Compiler& c, const Node& node, const Convolution& op, const ConvolutionSetup& s, const WinogradGeometry& g,
                          const Tensor& x) {
  const ConvolutionParameters parameters = convolution_parameters(c, node, op, s, weights_desc(s));
  ForwardOperands operands{.weights = parameters.weights, .bias = parameters.bias, .relu = op.activation.has_value()};
  if (takes_points(g)) {
    const Tensor u = c.constant(plain_desc({winograd_weights_floats(g)}));
    c.add_preparation({s.layer, "transform weights", implementation(g), "x"}, {operands.weights, u}, transform(g, false));
    operands.weights = u;
  }
  const auto [y, residual] = evaluation_result(c, node, op, s);
  operands.residual = residual;
  add_forward(c, s, "forward", g, x, operands, y);
  return y;
}

/// The weights as a training step's forward or backward pass by data takes them.
Tensor training_weights(Compiler& c, const Node& node, const ConvolutionSetup& s, const WinogradGeometry& g, bool transposed) {
  const Tensor w = c.parameter(node, 0, weights_desc(s));
  if (!takes_points(g)) return w;
  const Tensor u = c.allocate_floats(winograd_weights_floats(g));
  c.add_kernel({s.layer, "transform weights", implementation(g), "x"}, {w, u}, transform(g, transposed));
  return u;
}

void add_weights_gradient(Compiler& c, const Node& node, const Convolution& op, const ConvolutionSetup& s, const WinogradGeometry& g,
                          const Tensor& x, const Tensor& dy) {
  c.write_parameter_gradient(node, 0, weights_desc(s), [&](const Tensor& dw) {
    const Tensor db = op.bias ? c.parameter_gradient(node, 1) : dw;
    c.add_kernel(convolution_label(s, "backward weights", implementation(g), x.desc),
                 {x, dy, dw, db, c.allocate_floats(winograd_backward_scratch(g))}, [g, has_bias = op.bias](std::span<void* const> b) {
                   loops_for(g).backward_weights(g, floats(b[0]), floats(b[1]), floats(b[2]), has_bias ? floats(b[3]) : nullptr,
                                                 floats(b[4]));
                 });
  });
}

Tensor compile_forward(Compiler& c, const Node& node, const Convolution& op, const ConvolutionSetup& s, const WinogradGeometry& g,
                       const Tensor& x) {
  ForwardOperands operands{.weights = training_weights(c, node, s, g, false)};
  if (op.bias) operands.bias = c.parameter(node, 1, s.bias);
  const Tensor y = c.allocate(vector_blocked_desc(s.dst));
  add_forward(c, s, "forward", g, x, operands, y);
  return y;
}

Tensor add_data_gradient(Compiler& c, const Node& node, const ConvolutionSetup& s, const WinogradGeometry& g, const Tensor& dy) {
  const WinogradGeometry back = winograd_transposed(g);
  const Tensor dx = c.allocate(vector_blocked_desc(s.src));
  add_forward(c, s, "backward data", back, dy, {.weights = training_weights(c, node, s, back, true), .transposed = true}, dx);
  return dx;
}

ConvolutionWay winograd_way(const std::string& name, const Convolution& op, const ConvolutionSetup& s, const WinogradGeometry& g) {
  ConvolutionWay way{.name = name, .src = vector_blocked_desc(s.src), .dst = vector_blocked_desc(s.dst)};
  way.forward = [=, &op](Compiler& c, const Node& node, const Tensor& x) { return compile_forward(c, node, op, s, g, x); };
  way.backward_data = [=](Compiler& c, const Node& node, const Tensor& dy) { return add_data_gradient(c, node, s, g, dy); };
  way.backward_weights = [=, &op](Compiler& c, const Node& node, const Tensor& x, const Tensor& dy) {
    add_weights_gradient(c, node, op, s, g, x, dy);
  };
  way.evaluation = [=, &op](Compiler& c, const Node& node, const Tensor& x) { return compile_evaluation(c, node, op, s, g, x); };
  return way;
}

}  // namespace

std::vector<ConvolutionWay> winograd_ways(const Convolution& op, const ConvolutionSetup& setup, bool bf16) {
  const auto liked = winograd_geometry(op, setup, bf16);
  if (!liked) return {};
  WinogradGeometry other = *liked;
  other.order = takes_points(*liked) ? WinogradGeometry::Order::channels : WinogradGeometry::Order::tiles;
  const auto way = [&](const WinogradGeometry& g) {
    return winograd_way(takes_points(g) ? "winograd" : "winograd by channels", op, setup, g);
  };
  return {way(*liked), way(other)};
}

}  // namespace cnnctl
