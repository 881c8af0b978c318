#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/runtime/channel_layout.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {

/// The sum of term(pixel) from `begin` to before `end`, in four chains that do not wait for each other.
template <int Width, class Term>
typename Vectors<Width>::Floats sum_run(std::int64_t begin, std::int64_t end, Term term) {
  constexpr int chains = 4;
  typename Vectors<Width>::Floats sums[chains] = {};
  std::int64_t p = begin;
  for (; p + chains <= end; p += chains)
    for (int i = 0; i < chains; ++i) sums[i] += term(p + i);
  for (; p < end; ++p) sums[0] += term(p);
  return sums[0] + sums[1] + sums[2] + sums[3];
}

/// The sum of term(pixel) over a plane, in runs, so that rounding does not grow with every pixel.
template <int Width, class Term>
typename Vectors<Width>::Floats sum_over(std::int64_t pixels, Term term) {
  constexpr std::int64_t run = 128;
  typename Vectors<Width>::Floats sum{};
  for (std::int64_t begin = 0; begin < pixels; begin += run) sum += sum_run<Width>(begin, std::min(begin + run, pixels), term);
  return sum;
}

/// Mean and sum of squared deviations of one plane, a pair of numbers a channel. The plane is in the cache for the second loop.
template <int Width>
void plane_moments(const float* x, std::int64_t pixels, float* mean_out, float* deviation_out) {
  using V = Vectors<Width>;
  const auto mean = sum_over<Width>(pixels, [&](std::int64_t p) { return V::load(x + p * Width); }) / static_cast<float>(pixels);
  const auto deviation = sum_over<Width>(pixels, [&](std::int64_t p) {
    const auto d = V::load(x + p * Width) - mean;
    return d * d;
  });
  V::store(mean_out, mean);
  V::store(deviation_out, deviation);
}

/// A channel's mean and biased variance from those of its planes. Source: Chan, Golub and LeVeque, "Updating formulae", 1979.
template <int Width>
void combine_moments(const ChannelLayout& layout, const float* moments, float* mean, float* variance) {
  const auto count = static_cast<double>(layout.images), pixels = static_cast<double>(layout.pixels());
  for (std::int64_t c = 0; c < layout.channels; ++c) {
    const float* of_channel = moments + c / Width * 2 * Width + c % Width;
    const std::int64_t stride = layout.blocks * 2 * Width;
    double sum = 0, squares = 0, inside = 0;
    for (std::int64_t n = 0; n < layout.images; ++n) sum += static_cast<double>(of_channel[n * stride]);
    const double total = sum / count;
    for (std::int64_t n = 0; n < layout.images; ++n) {
      const double d = static_cast<double>(of_channel[n * stride]) - total;
      squares += d * d;
      inside += static_cast<double>(of_channel[n * stride + Width]);
    }
    mean[c] = static_cast<float>(total);
    variance[c] = static_cast<float>((squares * pixels + inside) / (count * pixels));
  }
}

/// Mean and biased variance of each channel of a batch in blocks of `Width`. `scratch`: 2 floats a channel of each image.
template <int Width>
void moments(const ChannelLayout& layout, const float* x, float* mean, float* variance, float* scratch) {
  const std::int64_t plane = layout.pixels() * Width;
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < layout.images * layout.blocks; ++i)
    plane_moments<Width>(x + i * plane, layout.pixels(), scratch + i * 2 * Width, scratch + (i * 2 + 1) * Width);
  combine_moments<Width>(layout, scratch, mean, variance);
}

}  // namespace cnnctl::CNNCTL_ISA
