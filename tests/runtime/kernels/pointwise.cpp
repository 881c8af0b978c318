#include <optional>

#include "support.h"

namespace cnnctl {
namespace {

using Function = EltwiseLoop::Function;

struct Case {
  std::int64_t images, in, out, height, width;
  bool bias = false, residual = false;
  std::optional<EltwiseLoop> activation{};
};

/// Where channel c of pixel p of image n stands.
std::size_t place(const ChannelLayout& l, std::int64_t n, std::int64_t c, std::int64_t p) {
  return static_cast<std::size_t>(((n * l.blocks + c / l.width) * l.pixels() + p) * l.width + c % l.width);
}

std::vector<double> by_plain_loops(const Case& c, const PointwiseGeometry& g, const std::vector<float>& x,
                                   const std::vector<float>& weights, const std::vector<float>& bias, const std::vector<float>& residual) {
  std::vector<double> y(static_cast<std::size_t>(floats(g.out)));
  for (std::int64_t n = 0; n < c.images; ++n)
    for (std::int64_t o = 0; o < c.out; ++o)
      for (std::int64_t p = 0; p < g.out.pixels(); ++p) {
        const std::size_t at = place(g.out, n, o, p);
        double sum = c.bias ? static_cast<double>(bias[static_cast<std::size_t>(o)]) : 0;
        for (std::int64_t i = 0; i < c.in; ++i)
          sum += static_cast<double>(x[place(g.in, n, i, p)]) * static_cast<double>(weights[static_cast<std::size_t>(o * c.in + i)]);
        y[at] = activated(c.activation, sum + (c.residual ? static_cast<double>(residual[at]) : 0));
      }
  return y;
}

void check(const Case& c) {
  for (const KernelTable* table : runnable_kernels()) {
    INFO(table->name << ", " << c.in << " to " << c.out << " channels, " << c.height << " x " << c.width);
    const std::int64_t block = table->vector_width;
    const PointwiseGeometry g{layout(c.images, c.in, block, c.height, c.width), layout(c.images, c.out, block, c.height, c.width),
                              c.activation};
    const std::vector<float> x = random_map(g.in, 1), weights = random_floats(static_cast<std::size_t>(c.in * c.out), 2),
                             bias = random_floats(static_cast<std::size_t>(c.out), 3), residual = random_map(g.out, 4),
                             panels = in_panels(weights, c.in, c.out, block);
    std::vector<float> y(residual.size(), 7.0F);
    if (c.residual) y = residual;  // in place
    const ConvolutionNumbers numbers{panels.data(), c.bias ? bias.data() : nullptr};
    // The step's maps begin at the begin of a line, as a result that goes past the caches has to.
    std::vector<float> memory(y.size() + 16);
    float* const aligned = memory.data() + (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64) % 64 / sizeof(float);
    std::copy(y.begin(), y.end(), aligned);
    table->pointwise(g, {x.data(), numbers, c.residual ? aligned : nullptr}, aligned);
    CHECK(relative_error(doubles({aligned, aligned + y.size()}), by_plain_loops(c, g, x, weights, bias, residual)) < 1e-6);
  }
}

TEST_CASE("a 1x1 convolution is that of plain loops, whole blocks of channels and pieces of pixels or not") {
  check({.images = 2, .in = 16, .out = 96, .height = 7, .width = 8});
  check({.images = 3, .in = 5, .out = 3, .height = 5, .width = 3});
  check({.images = 1, .in = 40, .out = 24, .height = 11, .width = 13});
  check({.images = 2, .in = 33, .out = 65, .height = 1, .width = 1});
}

TEST_CASE("a 1x1 convolution adds bias and residual, in place, and applies a function") {
  for (const Function function : {Function::relu, Function::relu6, Function::hardswish, Function::leaky_relu})
    check({.images = 2,
           .in = 24,
           .out = 40,
           .height = 9,
           .width = 7,
           .bias = true,
           .residual = true,
           .activation = EltwiseLoop{.function = function, .slope = 0.1F}});
  check({.images = 1, .in = 8, .out = 8, .height = 3, .width = 30, .bias = true});
}

TEST_CASE("a 1x1 convolution takes its result's moments on the way, whole pieces of pixels or not") {
  for (const std::int64_t size : {1, 9, 15, 40})
    for (const KernelTable* table : runnable_kernels()) {
      INFO(table->name << ", " << size);
      const std::int64_t in = 19, out = 37, block = table->vector_width;
      const PointwiseGeometry g{layout(3, in, block, size, size), layout(3, out, block, size, size), {}};
      const std::vector<float> x = random_map(g.in, 1),
                               panels = in_panels(random_floats(static_cast<std::size_t>(in * out), 2), in, out, block);
      std::vector<float> y(static_cast<std::size_t>(floats(g.out))), moments(static_cast<std::size_t>(3 * g.out.blocks * 2 * block), NAN),
          expected = moments;
      table->pointwise(g, {x.data(), {panels.data()}, nullptr, moments.data()}, y.data());
      table->plane_moments(g.out, y.data(), expected.data());
      CHECK(relative_error(doubles(moments), doubles(expected)) < 1e-6);
    }
}

TEST_CASE("a 1x1 convolution's result that no cache holds is the same") {
  check({.images = 2, .in = 3, .out = 160, .height = 167, .width = 163});
}

}  // namespace
}  // namespace cnnctl
