#include <limits>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/moments.h"
#include "engine/runtime/kernels/norm_channels.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

// An index that no window of at most 255 elements has: relu let nothing through.
constexpr std::int32_t kBlocked = 255;

std::int64_t planes(const PoolingGeometry& g) { return g.in.images * g.in.blocks; }

/// y = max over the window of relu(x scale + shift), and where that was.
template <int Width>
void pool_plane(const PoolingGeometry& g, const float* x, typename Vectors<Width>::Floats scale, typename Vectors<Width>::Floats shift,
                float* y, std::uint8_t* index) {
  using V = Vectors<Width>;
  for (std::int64_t oh = 0; oh < g.out.height_pixels; ++oh)
    for (std::int64_t ow = 0; ow < g.out.width_pixels; ++ow) {
      typename V::Floats best = typename V::Floats{} - std::numeric_limits<float>::infinity();
      typename V::Ints place{};
      for (std::int64_t kh = 0; kh < g.kernel_height; ++kh)
        for (std::int64_t kw = 0; kw < g.kernel_width; ++kw) {
          const auto v = V::load(x + ((oh * g.kernel_height + kh) * g.in.width_pixels + ow * g.kernel_width + kw) * Width) * scale + shift;
          const auto wins = (v > best) | (v != v);
          best = wins ? v : best;
          place = wins ? typename V::Ints{} + static_cast<std::int32_t>(kh * g.kernel_width + kw) : place;
        }
      const auto blocked = best <= 0.0F;
      const std::int64_t out = (oh * g.out.width_pixels + ow) * Width;
      V::store(y + out, blocked ? typename V::Floats{} : best);
      V::store(index + out, blocked ? typename V::Ints{} + kBlocked : place);
    }
}

template <int Width>
void forward(const NormPoolingGeometry& geometry, const NormTensors& t, const float* x, float* y, std::uint8_t* index, float* scratch) {
  const PoolingGeometry& g = geometry.pooling;
  const std::int64_t in = g.in.pixels() * Width, out = g.out.pixels() * Width;
  moments<Width>(g.in, x, t.mean, t.variance, scratch);
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < planes(g); ++plane) {
    const NormChannels<Width> channels(g.in, geometry.epsilon, t, plane % g.in.blocks);
    const auto shift = channels.shift - channels.mean * channels.scale;
    pool_plane<Width>(g, x + plane * in, channels.scale, shift, y + plane * out, index + plane * out);
  }
}

/// Sums over a plane of what arrives at each channel: the gradient, and the gradient times the input's distance from the mean.
template <int Width>
void plane_sums(const PoolingGeometry& g, const float* x, const float* dy, const std::uint8_t* index, typename Vectors<Width>::Floats mean,
                float* sums) {
  using V = Vectors<Width>;
  typename V::Floats total{}, with_input{};
  for (std::int64_t oh = 0; oh < g.out.height_pixels; ++oh)
    for (std::int64_t ow = 0; ow < g.out.width_pixels; ++ow) {
      const std::int64_t out = (oh * g.out.width_pixels + ow) * Width;
      const auto place = V::load(index + out);
      typename V::Floats at_maximum{};
      for (std::int64_t kh = 0; kh < g.kernel_height; ++kh)
        for (std::int64_t kw = 0; kw < g.kernel_width; ++kw) {
          const auto v = V::load(x + ((oh * g.kernel_height + kh) * g.in.width_pixels + ow * g.kernel_width + kw) * Width);
          at_maximum = place == static_cast<std::int32_t>(kh * g.kernel_width + kw) ? v : at_maximum;
        }
      const auto gradient = place == kBlocked ? typename V::Floats{} : V::load(dy + out);
      total += gradient;
      with_input += gradient * (at_maximum - mean);
    }
  V::store(sums, total);
  V::store(sums + Width, with_input);
}

/// dx = a g + b x + c for every pixel, g being the gradient where the window's maximum was and 0 elsewhere.
template <int Width>
void spread_plane(const PoolingGeometry& g, const float* x, const float* dy, const std::uint8_t* index, typename Vectors<Width>::Floats a,
                  typename Vectors<Width>::Floats b, typename Vectors<Width>::Floats c, float* dx) {
  using V = Vectors<Width>;
  const std::int64_t rows = g.out.height_pixels * g.kernel_height, columns = g.out.width_pixels * g.kernel_width;
  for (std::int64_t oh = 0; oh < g.out.height_pixels; ++oh)
    for (std::int64_t ow = 0; ow < g.out.width_pixels; ++ow) {
      const std::int64_t out = (oh * g.out.width_pixels + ow) * Width;
      const auto place = V::load(index + out);
      const auto gradient = a * V::load(dy + out);
      for (std::int64_t kh = 0; kh < g.kernel_height; ++kh)
        for (std::int64_t kw = 0; kw < g.kernel_width; ++kw) {
          const std::int64_t at = ((oh * g.kernel_height + kh) * g.in.width_pixels + ow * g.kernel_width + kw) * Width;
          const auto part = place == static_cast<std::int32_t>(kh * g.kernel_width + kw) ? gradient : typename V::Floats{};
          V::store(dx + at, part + b * V::load(x + at) + c);
        }
    }
  // Pixels beyond the last whole window reach no output, but they were part of the statistics.
  for (std::int64_t h = 0; h < g.in.height_pixels; ++h)
    for (std::int64_t w = h < rows ? columns : 0; w < g.in.width_pixels; ++w) {
      const std::int64_t at = (h * g.in.width_pixels + w) * Width;
      V::store(dx + at, b * V::load(x + at) + c);
    }
}

template <int Width>
void backward(const NormPoolingGeometry& geometry, const NormTensors& t, const float* x, const float* dy, const std::uint8_t* index,
              float* dx, float* dscale, float* dshift, float* scratch) {
  const PoolingGeometry& g = geometry.pooling;
  const std::int64_t in = g.in.pixels() * Width, out = g.out.pixels() * Width;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < planes(g); ++plane)
    plane_sums<Width>(g, x + plane * in, dy + plane * out, index + plane * out,
                      ChannelBlocks<Width>::load_channels(t.mean, 0, g.in, plane % g.in.blocks), scratch + plane * 2 * Width);
  for (std::int64_t block = 0; block < g.in.blocks; ++block)
    combine_norm_sums<Width>(g.in, geometry.epsilon, t.variance, block, scratch, dscale, dshift);
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < planes(g); ++plane) {
    const std::int64_t block = plane % g.in.blocks;
    const NormChannels<Width> channels(g.in, geometry.epsilon, t, block);
    const NormGradientChannels<Width> means(g.in, channels, dscale, dshift, block);
    const auto b = -means.scale * means.slope;
    const auto c = -means.scale * means.average - b * channels.mean;
    spread_plane<Width>(g, x + plane * in, dy + plane * out, index + plane * out, means.scale, b, c, dx + plane * in);
  }
}

}  // namespace

void norm_relu_pool_forward(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, float* y, std::uint8_t* index,
                            float* scratch) {
  geometry.pooling.in.width == 16 ? forward<16>(geometry, tensors, x, y, index, scratch)
                                  : forward<8>(geometry, tensors, x, y, index, scratch);
}

void norm_relu_pool_backward(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, const float* dy,
                             const std::uint8_t* index, float* dx, float* dscale, float* dshift, float* scratch) {
  geometry.pooling.in.width == 16 ? backward<16>(geometry, tensors, x, dy, index, dx, dscale, dshift, scratch)
                                  : backward<8>(geometry, tensors, x, dy, index, dx, dscale, dshift, scratch);
}

}  // namespace cnnctl::CNNCTL_ISA
