#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/runtime/channel_layout.h"
#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {

/// The sum of term(pixel) from `begin` to before `end`, in four chains that do not wait for each other.
template <class Term>
auto sum_run(std::int64_t begin, std::int64_t end, Term term) {
  constexpr int chains = 4;
  decltype(term(begin)) sums[chains] = {};
  std::int64_t p = begin;
  for (; p + chains <= end; p += chains)
    for (int i = 0; i < chains; ++i) sums[i] += term(p + i);
  for (; p < end; ++p) sums[0] += term(p);
  return sums[0] + sums[1] + sums[2] + sums[3];
}

// Pixels whose sum is taken alone, so that rounding does not grow with every pixel.
constexpr std::int64_t kRun = 128;

/// The sum of term(pixel), a vector or several, over a plane, in runs.
template <class Term>
auto sum_over(std::int64_t pixels, Term term) {
  decltype(term(pixels)) sum{};
  for (std::int64_t begin = 0; begin < pixels; begin += kRun) sum += sum_run(begin, std::min(begin + kRun, pixels), term);
  return sum;
}

/// Mean and sum of squared deviations of a plane's pixels so far, in memory: a number a channel each, one after the other. What is added is
/// put together with that as combine_moments puts planes together.
template <int Width>
class PlaneMoments {
  using V = Vectors<Width>;

 public:
  /// `before`: of how many pixels they are. Of none, what stands there does not count.
  PlaneMoments(float* moments, std::int64_t before) : moments_(moments), before_(before) {}

  /// Adds `Count` pixels.
  template <int Count, class Pixel>
  inline __attribute__((always_inline)) void add(Pixel pixel) {
    typename V::Floats mean{}, deviation{};
    unrolled<Count>([&](auto i) __attribute__((always_inline)) { mean += pixel(i); });
    mean *= 1.0F / Count;
    unrolled<Count>([&](auto i) __attribute__((always_inline)) {
      const auto d = pixel(i) - mean;
      deviation += d * d;
    });
    add(mean, deviation, Count);
  }

  void add(const typename V::Floats& mean, const typename V::Floats& deviation, std::int64_t count) {
    const auto so_far = before_ == 0 ? typename V::Floats{} : V::load(moments_);
    const auto deviation_so_far = before_ == 0 ? typename V::Floats{} : V::load(moments_ + Width);
    const auto distance = mean - so_far;
    const float share = static_cast<float>(count) / static_cast<float>(before_ + count);
    V::store(moments_, so_far + distance * share);
    V::store(moments_ + Width, deviation_so_far + deviation + distance * distance * (share * static_cast<float>(before_)));
    before_ += count;
  }

 private:
  float* moments_;
  std::int64_t before_;
};

/// Mean and sum of squared deviations of one plane, a pair of numbers a channel, to their place in `moments`. A run is in the nearest cache
/// for its second loop.
template <int Width>
void plane_moments(const ChannelLayout& layout, std::int64_t plane, const float* x, float* moments) {
  using V = Vectors<Width>;
  const float* first = x + plane * layout.pixels() * Width;
  PlaneMoments<Width> of_plane(moments + plane * 2 * Width, 0);
  for (std::int64_t begin = 0; begin < layout.pixels(); begin += kRun) {
    const std::int64_t end = std::min(begin + kRun, layout.pixels());
    const auto mean = sum_run(begin, end,
                              [=](std::int64_t p) {
                                __builtin_prefetch(first + kAhead + p * Width);
                                return V::load(first + p * Width);
                              }) /
                      static_cast<float>(end - begin);
    const auto deviation = sum_run(begin, end, [=](std::int64_t p) {
      const auto d = V::load(first + p * Width) - mean;
      return d * d;
    });
    of_plane.add(mean, deviation, end - begin);
  }
}

/// Mean and biased variance of a block's channels from the moments of its planes, in the order of the images. Source: Chan, Golub and
/// LeVeque, "Updating formulae", 1979.
template <int Width>
void combine_moments(const ChannelLayout& layout, std::int64_t block, const float* moments, float* mean, float* variance) {
  const auto count = static_cast<double>(layout.images), pixels = static_cast<double>(layout.pixels());
  const auto of_plane = [=, &layout](std::int64_t n) { return moments + (n * layout.blocks + block) * 2 * Width; };
  double means[Width] = {}, squares[Width] = {}, inside[Width] = {};
  for (std::int64_t n = 0; n < layout.images; ++n)
    for (int i = 0; i < Width; ++i) means[i] += static_cast<double>(of_plane(n)[i]);
  for (double& value : means) value /= count;
  for (std::int64_t n = 0; n < layout.images; ++n)
    for (int i = 0; i < Width; ++i) {
      const double d = static_cast<double>(of_plane(n)[i]) - means[i];
      squares[i] += d * d;
      inside[i] += static_cast<double>(of_plane(n)[Width + i]);
    }
  for (std::int64_t i = 0; i < ChannelBlocks<Width>::lanes(layout, block); ++i) {
    mean[block * Width + i] = static_cast<float>(means[i]);
    variance[block * Width + i] = static_cast<float>((squares[i] * pixels + inside[i]) / (count * pixels));
  }
}

}  // namespace cnnctl::CNNCTL_ISA
