#include <algorithm>

#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

std::int64_t planes(const ChannelLayout& layout) { return layout.images * layout.blocks; }

/// The factors of one block's channels. Blocks that end beyond the last channel have zeros there, so that padding stays zero.
class Factors {
 public:
  Factors(const ChannelScaleGeometry& g, const float* weight, std::int64_t block) {
    const std::int64_t first = block * g.layout.width, count = std::min(g.layout.width, g.layout.channels - first);
    step_ = g.shared ? 0 : 1;
    factors_ = g.shared ? weight : weight + first;
    if (count == g.layout.width) return;
    for (std::int64_t i = 0; i < count; ++i) padded_[i] = factors_[i * step_];
    factors_ = padded_;
    step_ = 1;
  }
  Factors(const Factors&) = delete;
  Factors& operator=(const Factors&) = delete;

  float operator[](std::int64_t lane) const { return factors_[lane * step_]; }

 private:
  static constexpr std::int64_t widest_block = 64;  // a layout as wide as all its channels has no padding
  const float* factors_;
  std::int64_t step_;
  float padded_[widest_block] = {};
};

template <bool NegativeOnly>
float scaled(float value, float by, float factor) {
  return NegativeOnly && by > 0 ? value : value * factor;
}

template <bool NegativeOnly>
float weight_part(float x, float dy) {
  return NegativeOnly && x > 0 ? 0 : x * dy;
}

template <bool NegativeOnly>
void forward_plane(const ChannelScaleGeometry& g, const Factors& factors, const float* x, float* y) {
  const std::int64_t pixels = g.layout.pixels(), width = g.layout.width;
  if (width == 1) {
    const float factor = factors[0];
#pragma omp simd
    for (std::int64_t p = 0; p < pixels; ++p) y[p] = scaled<NegativeOnly>(x[p], x[p], factor);
    return;
  }
  for (std::int64_t p = 0; p < pixels; ++p)
#pragma omp simd
    for (std::int64_t lane = 0; lane < width; ++lane) {
      const std::int64_t i = p * width + lane;
      y[i] = scaled<NegativeOnly>(x[i], x[i], factors[lane]);
    }
}

/// `sums` gets a number a channel of the block: this plane's part of the factors' gradient.
template <bool NegativeOnly>
void backward_plane(const ChannelScaleGeometry& g, const Factors& factors, const float* x, const float* dy, float* dx, float* sums) {
  const std::int64_t pixels = g.layout.pixels(), width = g.layout.width;
  if (width == 1) {
    const float factor = factors[0];
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t p = 0; p < pixels; ++p) {
      sum += weight_part<NegativeOnly>(x[p], dy[p]);
      dx[p] = scaled<NegativeOnly>(dy[p], x[p], factor);
    }
    *sums = sum;
    return;
  }
  std::fill(sums, sums + width, 0.0F);
  for (std::int64_t p = 0; p < pixels; ++p)
#pragma omp simd
    for (std::int64_t lane = 0; lane < width; ++lane) {
      const std::int64_t i = p * width + lane;
      sums[lane] += weight_part<NegativeOnly>(x[i], dy[i]);
      dx[i] = scaled<NegativeOnly>(dy[i], x[i], factors[lane]);
    }
}

/// Adds up the planes' parts, in the order of the images: same numbers with any number of threads.
void combine(const ChannelScaleGeometry& g, const float* sums, float* dweight) {
  double of_all = 0;
  for (std::int64_t c = 0; c < g.layout.channels; ++c) {
    double sum = 0;
    for (std::int64_t n = 0; n < g.layout.images; ++n) sum += static_cast<double>(sums[n * g.layout.blocks * g.layout.width + c]);
    of_all += sum;
    if (!g.shared) dweight[c] = static_cast<float>(sum);
  }
  if (g.shared) *dweight = static_cast<float>(of_all);
}

template <bool NegativeOnly>
void forward(const ChannelScaleGeometry& g, const float* x, const float* weight, float* y) {
  const std::int64_t plane_floats = g.layout.pixels() * g.layout.width;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < planes(g.layout); ++plane)
    forward_plane<NegativeOnly>(g, Factors(g, weight, plane % g.layout.blocks), x + plane * plane_floats, y + plane * plane_floats);
}

template <bool NegativeOnly>
void backward(const ChannelScaleGeometry& g, const float* x, const float* dy, const float* weight, float* dx, float* sums) {
  const std::int64_t plane_floats = g.layout.pixels() * g.layout.width;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < planes(g.layout); ++plane) {
    const std::int64_t at = plane * plane_floats;
    backward_plane<NegativeOnly>(g, Factors(g, weight, plane % g.layout.blocks), x + at, dy + at, dx + at, sums + plane * g.layout.width);
  }
}

}  // namespace

void channel_scale_forward(const ChannelScaleGeometry& geometry, const float* x, const float* weight, float* y) {
  geometry.negative_only ? forward<true>(geometry, x, weight, y) : forward<false>(geometry, x, weight, y);
}

void channel_scale_backward(const ChannelScaleGeometry& geometry, const float* x, const float* dy, const float* weight, float* dx,
                            float* dweight, float* scratch) {
  geometry.negative_only ? backward<true>(geometry, x, dy, weight, dx, scratch) : backward<false>(geometry, x, dy, weight, dx, scratch);
  combine(geometry, scratch, dweight);
}

}  // namespace cnnctl::CNNCTL_ISA
