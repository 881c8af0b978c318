#include <doctest/doctest.h>

#include <algorithm>

#include "support.h"

namespace cnnctl {
namespace {

std::size_t count(const ChannelLayout& l) { return static_cast<std::size_t>(l.images * l.blocks * l.width * l.pixels()); }

/// Where channel c's pixel stands.
std::size_t place(const ChannelLayout& l, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
  return static_cast<std::size_t>(((n * l.blocks + c / l.width) * l.pixels() + h * l.width_pixels + w) * l.width + c % l.width);
}

template <class Visit>
void for_each_pixel(const ChannelLayout& l, Visit visit) {
  for (std::int64_t n = 0; n < l.images; ++n)
    for (std::int64_t c = 0; c < l.channels; ++c)
      for (std::int64_t h = 0; h < l.height_pixels; ++h)
        for (std::int64_t w = 0; w < l.width_pixels; ++w) visit(n, c, h, w);
}

struct Case {
  std::int64_t kernel, stride, padding_top, padding_left, height, width, out_height, out_width;
};

DepthwiseGeometry geometry_of(const Case& c, std::int64_t block, int threads) {
  constexpr std::int64_t images = 3, channels = 21;
  const auto map = [&](std::int64_t height, std::int64_t width) {
    return ChannelLayout{images, channels, (channels + block - 1) / block, block, height, width};
  };
  return {map(c.height, c.width), map(c.out_height, c.out_width), c.kernel, c.stride, c.padding_top, c.padding_left, threads};
}

/// Calls visit(place of the result, of the input, of the weight) for every product of the convolution.
template <class Visit>
void for_each_product(const DepthwiseGeometry& g, Visit visit) {
  for_each_pixel(g.out, [&](auto n, auto c, auto h, auto w) {
    for (std::int64_t i = 0; i < g.kernel; ++i)
      for (std::int64_t j = 0; j < g.kernel; ++j) {
        const std::int64_t y = h * g.stride - g.padding_top + i, x = w * g.stride - g.padding_left + j;
        if (y < 0 || y >= g.in.height_pixels || x < 0 || x >= g.in.width_pixels) continue;
        const std::int64_t weight = ((c / g.in.width * g.kernel + i) * g.kernel + j) * g.in.width + c % g.in.width;
        visit(place(g.out, n, c, h, w), place(g.in, n, c, y, x), static_cast<std::size_t>(weight));
      }
  });
}

using Function = EltwiseLoop::Function;

/// Weights as a map of one image: kernel x kernel pixels.
std::vector<float> random_weights(const DepthwiseGeometry& g) {
  return random_map({1, g.in.channels, g.in.blocks, g.in.width, g.kernel, g.kernel}, 2);
}

std::vector<float> scratch_of(std::int64_t part, int threads) { return std::vector<float>(static_cast<std::size_t>(part * threads), 7.0F); }

void check_forward(const DepthwiseGeometry& g, const std::optional<EltwiseLoop>& activation, bool has_bias) {
  const std::vector<float> x = random_map(g.in, 1), w = random_weights(g), bias = random_floats(21, 3, -4, 4);
  std::vector<double> expected(count(g.out), 0.0);
  for_each_product(g, [&](auto to, auto from, auto weight) { expected[to] += static_cast<double>(x[from]) * w[weight]; });
  for_each_pixel(g.out, [&](auto n, auto c, auto h, auto column) {
    double& v = expected[place(g.out, n, c, h, column)];
    v = activated(activation, v + (has_bias ? bias[static_cast<std::size_t>(c)] : 0.0F));
  });
  for (const KernelTable* table : runnable_kernels()) {
    INFO(table->name);
    std::vector<float> y(count(g.out), 7.0F), scratch = scratch_of(depthwise_forward_scratch(g), g.threads);
    table->depthwise_forward(g, activation, x.data(), w.data(), has_bias ? bias.data() : nullptr, y.data(), scratch.data());
    CHECK(relative_error(doubles(y), expected) < 1e-6);
    if (!depthwise_may_overwrite(g)) continue;
    std::vector<float> over = x;
    table->depthwise_forward(g, activation, over.data(), w.data(), has_bias ? bias.data() : nullptr, over.data(), scratch.data());
    CHECK(over == y);
  }
}

/// Also that lanes beyond the channels stay zero, since the expected ones are.
void check_backward(const DepthwiseGeometry& g, bool has_data, bool add, bool has_bias) {
  const std::vector<float> x = random_map(g.in, 1), w = random_weights(g), dy = random_map(g.out, 3), before = random_map(g.in, 4);
  std::vector<double> dx = add ? doubles(before) : std::vector<double>(x.size(), 0.0), dw(w.size(), 0.0), db(21, 0.0);
  for_each_product(g, [&](auto to, auto from, auto weight) {
    dx[from] += static_cast<double>(dy[to]) * w[weight];
    dw[weight] += static_cast<double>(dy[to]) * x[from];
  });
  for_each_pixel(g.out, [&](auto n, auto c, auto h, auto column) { db[static_cast<std::size_t>(c)] += dy[place(g.out, n, c, h, column)]; });
  for (const KernelTable* table : runnable_kernels()) {
    INFO(table->name);
    std::vector<float> data = before, weights(w.size(), 7.0F), bias(21, 7.0F), parts = scratch_of(depthwise_parts(g), 1),
                       scratch = scratch_of(depthwise_backward_scratch(g), g.threads);
    const DepthwiseGradients gradients{has_data ? data.data() : nullptr, add, weights.data(), has_bias ? bias.data() : nullptr};
    table->depthwise_backward(g, x.data(), dy.data(), w.data(), gradients, parts.data(), scratch.data());
    CHECK(relative_error(doubles(data), has_data ? dx : doubles(before)) < 1e-6);
    CHECK(relative_error(doubles(weights), dw) < 1e-6);
    CHECK(relative_error(doubles(bias), has_bias ? db : std::vector<double>(21, 7.0)) < 1e-6);
  }
}

// kernel, stride, padding at the top and left, input, output
const std::vector<Case> cases{
    {3, 1, 1, 1, 9, 14, 9, 14},  {3, 1, 0, 0, 5, 17, 3, 15}, {3, 1, 2, 2, 4, 5, 6, 7},     {3, 2, 1, 1, 9, 11, 5, 6},
    {3, 2, 0, 0, 8, 16, 4, 8},   {3, 2, 2, 1, 7, 30, 5, 15}, {5, 1, 2, 2, 9, 16, 9, 16},   {5, 1, 4, 3, 6, 8, 10, 10},
    {5, 2, 2, 2, 11, 15, 6, 8},  {5, 2, 1, 4, 10, 13, 4, 8}, {7, 1, 3, 3, 14, 7, 14, 7},   {7, 1, 3, 3, 9, 31, 9, 31},
    {7, 2, 3, 3, 13, 28, 7, 14}, {7, 2, 6, 5, 9, 10, 8, 7},  {3, 1, 1, 1, 1, 1, 1, 1},     {5, 2, 2, 2, 2, 1, 1, 1},
    {7, 1, 3, 3, 2, 3, 2, 3},    {3, 2, 1, 1, 1, 2, 1, 1},   {3, 1, 1, 1, 1, 100, 1, 100}, {5, 1, 2, 2, 40, 1, 40, 1},
    {3, 1, 1, 1, 3, 3, 8, 9},  // padding behind the map: results that see nothing of it
};

TEST_CASE("a depthwise convolution is that of a plain loop, for every kernel, stride, padding, size, block and instruction set") {
  for (const Case& c : cases)
    for (const std::int64_t block : {8, 16})
      for (const int threads : {1, 2}) {
        INFO("kernel " << c.kernel << ", stride " << c.stride << ", " << c.height << " x " << c.width << ", blocks of " << block);
        check_forward(geometry_of(c, block, threads), std::nullopt, threads == 2);
      }
}

TEST_CASE("a depthwise convolution may write over its input where it changes no size and threads share no plane") {
  const auto may_overwrite = [](std::int64_t kernel, std::int64_t stride, std::int64_t out_height, int threads) {
    return depthwise_may_overwrite(geometry_of({kernel, stride, 1, 1, 9, 9, out_height, 9}, 8, threads));
  };
  CHECK(may_overwrite(3, 1, 9, 1));
  CHECK(may_overwrite(3, 1, 9, 3));
  CHECK_FALSE(may_overwrite(3, 1, 9, 2));  // of nine planes
  CHECK_FALSE(may_overwrite(3, 1, 8, 1));
  CHECK_FALSE(may_overwrite(3, 2, 9, 1));
}

TEST_CASE("the activation behind a depthwise convolution is PyTorch's, and leaves lanes beyond the channels zero") {
  for (const Function function :
       {Function::relu, Function::leaky_relu, Function::relu6, Function::hardswish, Function::silu, Function::mish})
    for (const std::int64_t block : {8, 16})
      check_forward(geometry_of(cases[0], block, 2), EltwiseLoop{.function = function, .slope = 0.2F}, true);
}

TEST_CASE(
    "a depthwise convolution's gradients are those of a plain loop, for every kernel, stride, padding, size, block and instruction set") {
  for (const Case& c : cases)
    for (const std::int64_t block : {8, 16})
      for (const int threads : {1, 2}) {
        INFO("kernel " << c.kernel << ", stride " << c.stride << ", " << c.height << " x " << c.width << ", blocks of " << block);
        check_backward(geometry_of(c, block, threads), true, threads == 2, threads == 1);
      }
}

TEST_CASE("a depthwise convolution's gradient by weights needs none by data") {
  check_backward(geometry_of(cases[0], 8, 2), false, false, true);
  check_backward(geometry_of(cases[8], 16, 2), false, false, true);
}

TEST_CASE("a depthwise convolution's gradients do not depend on the number of threads") {
  for (const Case& c : {cases[0], cases[8]}) {
    std::vector<float> results[2];
    for (const int threads : {1, 2}) {
      const DepthwiseGeometry g = geometry_of(c, 8, threads);
      const std::vector<float> x = random_map(g.in, 1), w = random_weights(g), dy = random_map(g.out, 3);
      std::vector<float>&dw = results[threads - 1], dx(x.size()), parts = scratch_of(depthwise_parts(g), 1),
      scratch = scratch_of(depthwise_backward_scratch(g), threads);
      dw.resize(w.size());
      kernels().depthwise_backward(g, x.data(), dy.data(), w.data(), {dx.data(), false, dw.data(), nullptr}, parts.data(), scratch.data());
      dw.insert(dw.end(), dx.begin(), dx.end());
    }
    CHECK(results[0] == results[1]);
  }
}

}  // namespace
}  // namespace cnnctl
