#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "../check.h"
#include "engine/runtime/kernels/kernels.h"

namespace cnnctl {

inline std::vector<double> doubles(const std::vector<float>& values) { return {values.begin(), values.end()}; }

inline std::vector<float> zeros(std::int64_t count) { return std::vector<float>(static_cast<std::size_t>(count), 0.0F); }

/// Runs `kernel` with every table that this machine can run; each result must be the first one's. A wide table's code is as reachable as
/// the others' this way.
template <class Kernel>
void check_all_tables(Kernel kernel) {
  const std::vector<double> expected = doubles(kernel(*runnable_kernels().front()));
  for (const KernelTable* table : runnable_kernels()) {
    INFO(table->name);
    CHECK(relative_error(doubles(kernel(*table)), expected) < 1e-5);
  }
}

inline ChannelLayout layout(std::int64_t images, std::int64_t channels, std::int64_t width, std::int64_t height_pixels,
                            std::int64_t width_pixels) {
  return {images, channels, (channels + width - 1) / width, width, height_pixels, width_pixels};
}

inline std::int64_t floats(const ChannelLayout& l) { return l.images * l.blocks * l.width * l.pixels(); }

/// What a function joined to a convolution makes of a number.
inline double activated(const std::optional<EltwiseLoop>& activation, double v) {
  if (!activation) return v;
  switch (activation->function) {
    case EltwiseLoop::Function::relu:
      return std::max(v, 0.0);
    case EltwiseLoop::Function::leaky_relu:
      return std::max(v, 0.0) + activation->slope * std::min(v, 0.0);
    case EltwiseLoop::Function::relu6:
      return std::clamp(v, 0.0, 6.0);
    case EltwiseLoop::Function::hardswish:
      return v * std::clamp(v + 3, 0.0, 6.0) / 6;
    case EltwiseLoop::Function::silu:
      return v / (1 + std::exp(-v));
    default:
      return v * std::tanh(std::log1p(std::exp(v)));
  }
}

/// The values with zeros in the lanes of the last block that hold no channel, as in every tensor.
inline std::vector<float> without_padding(const ChannelLayout& l, std::vector<float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    if (at / (l.pixels() * l.width) % l.blocks * l.width + at % l.width >= l.channels) values[i] = 0;
  }
  return values;
}

/// [out][in] in panels of two blocks of output channels.
inline std::vector<float> in_panels(const std::vector<float>& weights, std::int64_t in, std::int64_t out, std::int64_t block) {
  const std::int64_t panel = 2 * block, panels = (out + panel - 1) / panel;
  std::vector<float> result = zeros(panels * in * panel);
  for (std::int64_t o = 0; o < out; ++o)
    for (std::int64_t i = 0; i < in; ++i)
      result[static_cast<std::size_t>((o / panel * in + i) * panel + o % panel)] = weights[static_cast<std::size_t>(o * in + i)];
  return result;
}

inline std::vector<float> random_map(const ChannelLayout& l, unsigned seed) {
  return without_padding(l, random_floats(static_cast<std::size_t>(floats(l)), seed));
}

}  // namespace cnnctl
