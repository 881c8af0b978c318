#include <doctest/doctest.h>

#include "../check.h"
#include "engine/runtime/kernels/kernels.h"

namespace cnnctl {
namespace {

using Order = WinogradGeometry::Order;

std::vector<double> doubles(const std::vector<float>& values) { return {values.begin(), values.end()}; }

std::vector<float> zeros(std::int64_t count) { return std::vector<float>(static_cast<std::size_t>(count), 0.0F); }

/// A convolution that keeps its map's size.
WinogradGeometry same_size(std::int64_t kernel, std::int64_t width, std::int64_t in_channels, std::int64_t out_channels,
                           std::int64_t height, std::int64_t width_pixels) {
  const std::int64_t padding = kernel / 2;
  return {kernel, Order::tiles, 2, width, in_channels, out_channels, height, width_pixels, height, width_pixels, padding, padding, 2};
}

/// Everything that training computes: the result, and the gradients of input, weights and bias, one after another.
std::vector<float> all_passes(const WinogradLoops& loops, WinogradGeometry g, Order order) {
  g.order = order;
  const std::int64_t in = g.images * g.in_channels * g.in_height * g.in_width, out = g.images * g.out_channels * g.out_height * g.out_width,
                     weights = g.in_channels * g.kernel * g.kernel * g.out_channels;
  const auto random = [](std::int64_t count, unsigned seed) { return random_floats(static_cast<std::size_t>(count), seed); };
  const auto x = random(in, 1), w = random(weights, 2), bias = random(g.out_channels, 3), dy = random(out, 4), other = random(out, 5);
  std::vector<float> y = zeros(out), dx = zeros(in), dw = zeros(weights), db = zeros(g.out_channels);

  const auto convolve = [&](const WinogradGeometry& way, const float* from, bool transposed, const ResultOperations& operations,
                            float* to) {
    std::vector<float> u = zeros(winograd_weights_floats(way)), scratch = zeros(winograd_forward_scratch(way));
    if (order == Order::tiles) loops.weights(way, w.data(), transposed, u.data());
    loops.forward(way, from, order == Order::tiles ? u.data() : w.data(), transposed, operations, to, scratch.data());
  };
  convolve(g, x.data(), false, {bias.data(), other.data(), true}, y.data());
  convolve(winograd_transposed(g), dy.data(), true, {}, dx.data());
  std::vector<float> scratch = zeros(winograd_backward_scratch(g));
  loops.backward_weights(g, x.data(), dy.data(), dw.data(), db.data(), scratch.data());
  for (const auto& part : {dx, dw, db}) y.insert(y.end(), part.begin(), part.end());
  return y;
}

TEST_CASE("Winograd's convolution is the same in every instruction set, block width and order") {
  for (const std::int64_t width : {8, 16})
    for (const std::int64_t kernel : {3, 5}) {
      const WinogradGeometry g = same_size(kernel, width, 16, 48, 9, 7);
      const std::vector<double> expected = doubles(all_passes(runnable_kernels().front()->winograd, g, Order::tiles));
      for (const KernelTable* table : runnable_kernels())
        for (const Order order : {Order::tiles, Order::channels}) {
          INFO(table->name);
          CHECK(relative_error(doubles(all_passes(table->winograd, g, order)), expected) < 1e-5);
        }
    }
}

TEST_CASE("Winograd's convolution is the same where tiles are worked on in several chunks") {
  const WinogradGeometry g = same_size(3, kernels().vector_width, 128, 144, 80, 80);
  WinogradGeometry by_channels = g;
  by_channels.order = Order::channels;
  REQUIRE(winograd_forward_chunk(by_channels) < g.tiles());
  REQUIRE(winograd_weights_chunk(by_channels) < g.tiles());
  CHECK(relative_error(doubles(all_passes(kernels().winograd, g, Order::channels)),
                       doubles(all_passes(kernels().winograd, g, Order::tiles))) < 1e-5);
}

TEST_CASE("Winograd's convolution in bfloat16 is off by its rounding, which is four times that of the direct way") {
  if (bf16_kernels() == nullptr) return;
  for (const std::int64_t kernel : {3, 5})
    for (const std::int64_t height : {9, 12}) {  // an odd number of tiles, of which two share a word, and an even one
      WinogradGeometry g = same_size(kernel, 16, 48, 32, height, 11);
      g.images = 1;
      const std::vector<double> exact = doubles(all_passes(kernels().winograd, g, Order::tiles));
      g.bf16 = true;
      for (const Order order : {Order::tiles, Order::channels}) {
        const double error = relative_error(doubles(all_passes(bf16_kernels()->winograd, g, order)), exact);
        CHECK(error > 2e-3);
        CHECK(error < 2e-2);
      }
    }
}

TEST_CASE("Winograd's convolution in bfloat16 is the same where tiles are worked on in several chunks") {
  if (bf16_kernels() == nullptr) return;
  WinogradGeometry g = same_size(3, 16, 128, 144, 112, 112);
  g.bf16 = true;
  WinogradGeometry by_channels = g;
  by_channels.order = Order::channels;
  REQUIRE(winograd_forward_chunk(by_channels) < g.tiles());
  REQUIRE(winograd_weights_chunk(by_channels) < g.tiles());
  const auto passes = [&](Order order) { return doubles(all_passes(bf16_kernels()->winograd, g, order)); };
  CHECK(relative_error(passes(Order::channels), passes(Order::tiles)) < 1e-5);
}

TEST_CASE("rounding to bfloat16 takes the nearest number, of two the even one, for any count") {
  if (bf16_kernels() == nullptr) return;
  const std::vector<float> some = {1.0F, 1.00390625F, 1.01171875F, -3.14159F, 0.0F, 65535.0F};
  const std::vector<std::uint16_t> rounded = {0x3F80, 0x3F80, 0x3F82, 0xC049, 0x0000, 0x4780};
  for (const std::size_t count : {6U, 16U, 21U, 48U}) {
    std::vector<float> x(count);
    std::vector<std::uint16_t> y(count + 1, 0x1234), expected(count + 1, 0x1234);
    for (std::size_t i = 0; i < count; ++i) {
      x[i] = some[i % some.size()];
      expected[i] = rounded[i % some.size()];
    }
    bf16_kernels()->round(static_cast<std::int64_t>(count), x.data(), y.data());
    CHECK(y == expected);
  }
}

TEST_CASE("no more tiles are worked on at a time than there are") {
  WinogradGeometry g = same_size(3, 8, 16, 16, 4, 4);
  for (const Order order : {Order::tiles, Order::channels}) {
    g.order = order;
    CHECK(winograd_forward_chunk(g) == 12);
    CHECK(winograd_weights_chunk(g) == 12);
  }
}

}  // namespace
}  // namespace cnnctl
