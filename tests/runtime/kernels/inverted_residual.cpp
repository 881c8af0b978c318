#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "support.h"

namespace cnnctl {
namespace {

using Function = EltwiseLoop::Function;

/// A plain map in double precision, N x C x H x W in that order.
struct Map {
  std::int64_t images, channels, height, width;
  std::vector<double> values;

  Map(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w)
      : images(n), channels(c), height(h), width(w), values(static_cast<std::size_t>(n * c * h * w)) {}
  double& at(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    return values[static_cast<std::size_t>(((n * channels + c) * height + h) * width + w)];
  }
  template <class Visit>
  void each(Visit visit) {
    for (std::int64_t n = 0; n < images; ++n)
      for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t h = 0; h < height; ++h)
          for (std::int64_t w = 0; w < width; ++w) visit(n, c, h, w, at(n, c, h, w));
  }
};

struct Case {
  std::int64_t in, middle, out;  // channels
  std::int64_t kernel, stride, padding, height, width;
  std::int64_t images;
  int threads;
  bool expands = true, residual = false;
  std::optional<FirstWindow> first{};
  std::optional<EltwiseLoop> expand_activation{}, depthwise_activation{}, project_activation{};

  /// Taps of the convolution in front, and the size of x: as large as gives height x width.
  std::int64_t taps() const { return first ? FirstWindow::kernel * FirstWindow::kernel : 1; }
  std::int64_t x_size(std::int64_t size, std::int64_t before) const {
    return first ? (size - 1) * FirstWindow::stride + FirstWindow::kernel - before - 1 : size;
  }
  std::int64_t x_height() const { return x_size(height, first ? first->padding_top : 0); }
  std::int64_t x_width() const { return x_size(width, first ? first->padding_left : 0); }

  std::int64_t out_height() const { return (height + 2 * padding - kernel) / stride + 1; }
  std::int64_t out_width() const { return (width + 2 * padding - kernel) / stride + 1; }
};

/// Numbers of the three convolutions, row-major: weights [out][in] or [channel][tap], and a bias each.
struct Numbers {
  std::vector<float> expand, expand_bias, depthwise, depthwise_bias, project, project_bias;

  explicit Numbers(const Case& c)
      : expand(some(c.middle * c.in * c.taps(), 1)),
        expand_bias(some(c.middle, 2)),
        depthwise(some(c.middle * c.kernel * c.kernel, 3)),
        depthwise_bias(some(c.middle, 4)),
        project(some(c.out * c.middle, 5)),
        project_bias(some(c.out, 6)) {}

  static std::vector<float> some(std::int64_t count, unsigned seed) { return random_floats(static_cast<std::size_t>(count), seed); }
};

void pointwise(Map& x, const std::vector<float>& weights, const std::vector<float>& bias, Map& y) {
  y.each([&](auto n, auto c, auto h, auto w, double& v) {
    v = bias[static_cast<std::size_t>(c)];
    for (std::int64_t k = 0; k < x.channels; ++k)
      v += x.at(n, k, h, w) * static_cast<double>(weights[static_cast<std::size_t>(c * x.channels + k)]);
  });
}

void convolve_first(const FirstWindow& window, Map& x, const std::vector<float>& weights, const std::vector<float>& bias, Map& y) {
  const std::int64_t kernel = FirstWindow::kernel;
  y.each([&](auto n, auto c, auto h, auto w, double& v) {
    v = bias[static_cast<std::size_t>(c)];
    for (std::int64_t i = 0; i < x.channels * kernel * kernel; ++i) {
      const std::int64_t row = h * window.stride - window.padding_top + i / kernel % kernel,
                         column = w * window.stride - window.padding_left + i % kernel;
      if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
      v += x.at(n, i / kernel / kernel, row, column) *
           static_cast<double>(weights[static_cast<std::size_t>(c * x.channels * kernel * kernel + i)]);
    }
  });
}

Map by_plain_loops(const Case& c, const Numbers& numbers, Map x, Map residual) {
  Map expanded(c.images, c.middle, c.height, c.width), middle(c.images, c.middle, c.out_height(), c.out_width()),
      y(c.images, c.out, c.out_height(), c.out_width());
  if (c.expands) {
    c.first ? convolve_first(*c.first, x, numbers.expand, numbers.expand_bias, expanded)
            : pointwise(x, numbers.expand, numbers.expand_bias, expanded);
    expanded.each([&](auto, auto, auto, auto, double& v) { v = activated(c.expand_activation, v); });
  } else {
    expanded = x;
  }
  middle.each([&](auto n, auto channel, auto h, auto w, double& v) {
    v = numbers.depthwise_bias[static_cast<std::size_t>(channel)];
    for (std::int64_t i = 0; i < c.kernel; ++i)
      for (std::int64_t j = 0; j < c.kernel; ++j) {
        const std::int64_t row = h * c.stride - c.padding + i, column = w * c.stride - c.padding + j;
        if (row < 0 || row >= c.height || column < 0 || column >= c.width) continue;
        v += expanded.at(n, channel, row, column) *
             static_cast<double>(numbers.depthwise[static_cast<std::size_t>((channel * c.kernel + i) * c.kernel + j)]);
      }
    v = activated(c.depthwise_activation, v);
  });
  pointwise(middle, numbers.project, numbers.project_bias, y);
  y.each([&](auto n, auto channel, auto h, auto w, double& v) {
    v = activated(c.project_activation, v + (c.residual ? residual.at(n, channel, h, w) : 0.0));
  });
  return y;
}

std::vector<float> blocked(const ChannelLayout& l, Map map) {
  std::vector<float> result = zeros(floats(l));
  map.each([&](auto n, auto c, auto h, auto w, double& v) {
    const std::int64_t at = ((n * l.blocks + c / l.width) * l.pixels() + h * l.width_pixels + w) * l.width + c % l.width;
    result[static_cast<std::size_t>(at)] = static_cast<float>(v);
  });
  return result;
}

/// [channel][tap] in blocks of channels.
std::vector<float> in_blocks(const std::vector<float>& weights, std::int64_t channels, std::int64_t taps, std::int64_t block) {
  std::vector<float> result = zeros((channels + block - 1) / block * taps * block);
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t tap = 0; tap < taps; ++tap)
      result[static_cast<std::size_t>((c / block * taps + tap) * block + c % block)] = weights[static_cast<std::size_t>(c * taps + tap)];
  return result;
}

Map random_plain(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w, unsigned seed) {
  Map map(n, c, h, w);
  const std::vector<float> numbers = random_floats(map.values.size(), seed);
  map.values.assign(numbers.begin(), numbers.end());
  return map;
}

void check(const Case& c, std::int64_t block) {
  INFO(c.in << ", " << c.middle << ", " << c.out << " channels, kernel " << c.kernel << ", stride " << c.stride << ", " << c.height << " x "
            << c.width << ", blocks of " << block);
  const Numbers numbers(c);
  const Map x = random_plain(c.images, c.in, c.x_height(), c.x_width(), 7);
  const Map residual = random_plain(c.images, c.out, c.out_height(), c.out_width(), 8);
  const ChannelLayout in = layout(c.images, c.in, c.first ? 1 : block, c.x_height(), c.x_width()),
                      expanded = layout(c.images, c.middle, block, c.height, c.width),
                      middle = layout(c.images, c.middle, block, c.out_height(), c.out_width()),
                      out = layout(c.images, c.out, block, c.out_height(), c.out_width());
  const InvertedResidualGeometry g{in,
                                   c.first,
                                   {expanded, middle, c.kernel, c.stride, c.padding, c.padding, c.threads},
                                   out,
                                   c.expand_activation,
                                   c.depthwise_activation,
                                   c.project_activation};
  const std::vector<double> expected = doubles(blocked(out, by_plain_loops(c, numbers, x, residual)));
  const std::vector<float> of_x = blocked(in, x), of_residual = blocked(out, residual),
                           expand = in_panels(numbers.expand, c.in * c.taps(), c.middle, block),
                           depthwise = in_blocks(numbers.depthwise, c.middle, c.kernel * c.kernel, block),
                           project = in_panels(numbers.project, c.middle, c.out, block);
  const InvertedResidualTensors t{of_x.data(),
                                  c.expands ? ConvolutionNumbers{expand.data(), numbers.expand_bias.data()} : ConvolutionNumbers{},
                                  {depthwise.data(), numbers.depthwise_bias.data()},
                                  {project.data(), numbers.project_bias.data()},
                                  c.residual ? of_residual.data() : nullptr};
  for (const KernelTable* table : runnable_kernels()) {
    if (table->vector_width != block) continue;
    INFO(table->name);
    std::vector<float> y(expected.size(), 7.0F), scratch(static_cast<std::size_t>(inverted_residual_scratch(g)), 7.0F);
    table->inverted_residual(g, t, y.data(), scratch.data());
    CHECK(relative_error(doubles(y), expected) < 1e-6);
  }
}

constexpr EltwiseLoop relu{Function::relu}, relu6{Function::relu6}, hardswish{Function::hardswish};

TEST_CASE("three convolutions in one are those of plain loops, for every stride, size, block, number of threads and instruction set") {
  for (const std::int64_t block : {8, 16}) {
    check({.in = 16,
           .middle = 48,
           .out = 24,
           .kernel = 3,
           .stride = 1,
           .padding = 1,
           .height = 9,
           .width = 26,
           .images = 2,
           .threads = 2,
           .expand_activation = relu6,
           .depthwise_activation = relu6},
          block);
    check({.in = 24,
           .middle = 40,
           .out = 40,
           .kernel = 3,
           .stride = 2,
           .padding = 1,
           .height = 11,
           .width = 15,
           .images = 3,
           .threads = 2,
           .residual = true,
           .expand_activation = relu,
           .depthwise_activation = relu,
           .project_activation = relu},
          block);
    check({.in = 5, .middle = 21, .out = 7, .kernel = 5, .stride = 2, .padding = 2, .height = 10, .width = 13, .images = 1, .threads = 2},
          block);
    check({.in = 32,
           .middle = 32,
           .out = 16,
           .kernel = 3,
           .stride = 1,
           .padding = 0,
           .height = 5,
           .width = 14,
           .images = 1,
           .threads = 1,
           .expands = false,
           .depthwise_activation = relu6,
           .project_activation = hardswish},
          block);
  }
}

TEST_CASE("three convolutions in one keep lanes beyond the channels zero, and functions that are no limits") {
  for (const std::int64_t block : {8, 16})
    check({.in = 3,
           .middle = 19,
           .out = 11,
           .kernel = 3,
           .stride = 1,
           .padding = 1,
           .height = 4,
           .width = 12,
           .images = 2,
           .threads = 2,
           .residual = true,
           .expand_activation = hardswish,
           .depthwise_activation = hardswish,
           .project_activation = hardswish},
          block);
}

TEST_CASE("a network's first convolution in front of the two others is that of plain loops, also over the edges") {
  for (const std::int64_t block : {8, 16})
    for (const FirstWindow& window : {FirstWindow{1, 1}, FirstWindow{1, 0}, FirstWindow{0, 2}, FirstWindow{2, 2}})
      check({.in = window.padding_left == 2 ? 1 : 3,
             .middle = 19,
             .out = 24,
             .kernel = 3,
             .stride = 1,
             .padding = 1,
             .height = 7,
             .width = 15,
             .images = 3,
             .threads = 2,
             .first = window,
             .expand_activation = relu6,
             .depthwise_activation = relu6},
            block);
}

TEST_CASE("three convolutions in one keep a NaN that relu6 stands behind") {
  const ChannelLayout map = layout(1, 8, 8, 3, 3);
  const InvertedResidualGeometry g{map, std::nullopt, {map, map, 3, 1, 1, 1, 1}, map, relu6, relu6, relu6};
  const std::vector<float> x(72, std::numeric_limits<float>::quiet_NaN()), ones(16 * 8 * 9, 1.0F);
  const InvertedResidualTensors t{x.data(), {ones.data(), nullptr}, {ones.data(), nullptr}, {ones.data(), nullptr}, nullptr};
  for (const KernelTable* table : runnable_kernels()) {
    if (table->vector_width != map.width) continue;
    INFO(table->name);
    std::vector<float> y(72, 0.0F), scratch(static_cast<std::size_t>(inverted_residual_scratch(g)));
    table->inverted_residual(g, t, y.data(), scratch.data());
    CHECK(std::all_of(y.begin(), y.end(), [](float v) { return std::isnan(v); }));
  }
}

}  // namespace
}  // namespace cnnctl
