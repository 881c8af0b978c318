#include <algorithm>
#include <limits>

#include "engine/runtime/kernels/block_groups.h"
#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/depthwise_rows.h"
#include "engine/runtime/kernels/moments.h"
#include "engine/runtime/kernels/norm_channels.h"
#include "engine/runtime/kernels/pooling_windows.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

// An index that no window has: relu let nothing through.
constexpr std::int32_t kBlocked = 255;

/// Asks for pixels that the second window below will read first: rows of a map are too many streams for the hardware to foresee.
template <int Width>
void prefetch_below(const PoolingGeometry& g, const WindowSpan& rows, const WindowSpan& columns, const float* x) {
  const std::int64_t height = std::min(g.stride_height, g.kernel_height), width = std::min(g.stride_width, g.kernel_width);
  const float* below = x + ((rows.origin + rows.last + height) * g.in.width_pixels + columns.origin) * Width;
  for (std::int64_t i = 0; i < height; ++i)
    for (std::int64_t j = 0; j < width; ++j) __builtin_prefetch(below + (i * g.in.width_pixels + j) * Width);
}

/// y = max over the window of relu(x scale + shift), and where that was.
template <int Width, int Kernel>
void pool_plane(const PoolingGeometry& g, const float* x, typename Vectors<Width>::Floats scale, typename Vectors<Width>::Floats shift,
                float* y, std::uint8_t* index) {
  using V = Vectors<Width>;
  for (std::int64_t oh = 0; oh < g.out.height_pixels; ++oh) {
    const WindowSpan rows = rows_of(g, oh);
    for (std::int64_t ow = 0; ow < g.out.width_pixels; ++ow) {
      const WindowSpan columns = columns_of(g, ow);
      prefetch_below<Width>(g, rows, columns, x);
      typename V::Floats best = typename V::Floats{} - std::numeric_limits<float>::infinity();
      typename V::Ints place{};
      for_taps<Kernel>(
          g, rows, columns, [&](std::int64_t pixel, std::int32_t tap) __attribute__((always_inline)) {
            const auto v = V::load(x + pixel * Width) * scale + shift;
            const auto wins = (v > best) | V::is_nan(v);
            best = wins ? v : best;
            place = wins ? typename V::Ints{} + tap : place;
          });
      const auto blocked = best <= 0.0F;
      const std::int64_t out = (oh * g.out.width_pixels + ow) * Width;
      V::store(y + out, blocked ? typename V::Floats{} : best);
      V::store(index + out, blocked ? typename V::Ints{} + kBlocked : place);
    }
  }
}

template <int Width, int Kernel>
void forward(const NormPoolingGeometry& geometry, const NormTensors& t, const float* x, float* y, std::uint8_t* index, float* scratch) {
  const PoolingGeometry& g = geometry.pooling;
  const std::int64_t in = g.in.pixels() * Width, out = g.out.pixels() * Width;
  in_groups(
      g.in, [&](std::int64_t plane, std::int64_t) { plane_moments<Width>(g.in, plane, x, scratch); },
      [&](std::int64_t block) { combine_moments<Width>(g.in, block, scratch, t.mean, t.variance); },
      [&](std::int64_t plane, std::int64_t block) {
        const NormChannels<Width> channels(g.in, geometry.epsilon, t, block);
        const auto shift = channels.shift - channels.mean * channels.scale;
        pool_plane<Width, Kernel>(g, x + plane * in, channels.scale, shift, y + plane * out, index + plane * out);
      });
}

/// Sums over a plane of what arrives at each channel: the gradient, and the gradient times the input's distance from the mean.
template <int Width, int Kernel>
void plane_sums(const PoolingGeometry& g, const float* x, const float* dy, const std::uint8_t* index, typename Vectors<Width>::Floats mean,
                float* sums) {
  using V = Vectors<Width>;
  typename V::Floats total{}, with_input{};
  for (std::int64_t oh = 0; oh < g.out.height_pixels; ++oh) {
    const WindowSpan rows = rows_of(g, oh);
    for (std::int64_t ow = 0; ow < g.out.width_pixels; ++ow) {
      const WindowSpan columns = columns_of(g, ow);
      const std::int64_t out = (oh * g.out.width_pixels + ow) * Width;
      const auto place = V::load(index + out);
      prefetch_below<Width>(g, rows, columns, x);
      typename V::Floats at_maximum{};
      for_taps<Kernel>(
          g, rows, columns, [&](std::int64_t pixel, std::int32_t tap) __attribute__((always_inline)) {
            at_maximum = place == tap ? V::load(x + pixel * Width) : at_maximum;
          });
      const auto gradient = place == kBlocked ? typename V::Floats{} : V::load(dy + out);
      total += gradient;
      with_input += gradient * (at_maximum - mean);
    }
  }
  V::store(sums, total);
  V::store(sums + Width, with_input);
}

/// The gradient of a plane: dx = a g + b x + c for every pixel, g being the sum of the gradients of the windows whose maximum it was. dx
/// may be x.
template <int Width, int Kernel>
class Spread {
  using V = Vectors<Width>;
  using Floats = typename V::Floats;

 public:
  Spread(const PoolingGeometry& geometry, const NormChannels<Width>& channels, const NormGradientChannels<Width>& means)
      : g_(geometry), a_(means.scale), b_(-means.scale * means.slope), c_(-means.scale * means.average - b_ * channels.mean) {}

  void operator()(const float* x, const float* dy, const std::uint8_t* index, float* dx) const {
    std::int64_t done = 0;  // rows of dx that are there but for g
    for (std::int64_t oh = 0; oh < g_.out.height_pixels; ++oh) {
      const WindowSpan rows = rows_of(g_, oh);
      done = start_rows(x, done, rows.origin + (rows.last - 1) * g_.dilation_height + 1, dx);
      for (std::int64_t ow = 0; ow < g_.out.width_pixels; ++ow) {
        const std::int64_t out = (oh * g_.out.width_pixels + ow) * Width;
        add_window(rows, columns_of(g_, ow), a_ * V::load(dy + out), V::load(index + out), dx);
      }
    }
    start_rows(x, done, g_.in.height_pixels, dx);
  }

 private:
  std::int64_t start_rows(const float* x, std::int64_t first, std::int64_t last, float* dx) const {
    const std::int64_t row = g_.in.width_pixels * Width;
    for (std::int64_t i = first * row; i < last * row; i += Width) {
      __builtin_prefetch(x + i + kAhead);
      V::store(dx + i, b_ * V::load(x + i) + c_);
    }
    return std::max(first, last);
  }

  void add_window(const WindowSpan& rows, const WindowSpan& columns, const Floats& gradient, const typename V::Ints& place,
                  float* dx) const {
    for_taps<Kernel>(
        g_, rows, columns, [&](std::int64_t pixel, std::int32_t tap) __attribute__((always_inline)) {
          float* to = dx + pixel * Width;
          V::store(to, V::load(to) + (place == tap ? gradient : Floats{}));
        });
  }

  const PoolingGeometry& g_;
  Floats a_, b_, c_;
};

template <int Width, int Kernel>
void backward(const NormPoolingGeometry& geometry, const NormTensors& t, const float* x, const float* dy, const std::uint8_t* index,
              float* dx, float* dscale, float* dshift, float* scratch) {
  const PoolingGeometry& g = geometry.pooling;
  const std::int64_t in = g.in.pixels() * Width, out = g.out.pixels() * Width;
  in_groups(
      g.in,
      [&](std::int64_t plane, std::int64_t block) {
        plane_sums<Width, Kernel>(g, x + plane * in, dy + plane * out, index + plane * out,
                                  ChannelBlocks<Width>::load_channels(t.mean, 0, g.in, block), scratch + plane * 2 * Width);
      },
      [&](std::int64_t block) { combine_norm_sums<Width>(g.in, geometry.epsilon, t.variance, block, scratch, dscale, dshift); },
      [&](std::int64_t plane, std::int64_t block) {
        const NormChannels<Width> channels(g.in, geometry.epsilon, t, block);
        const NormGradientChannels<Width> means(g.in, channels, dscale, dshift, block);
        Spread<Width, Kernel>(g, channels, means)(x + plane * in, dy + plane * out, index + plane * out, dx + plane * in);
      });
}

}  // namespace

void norm_relu_pool_forward(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, float* y, std::uint8_t* index,
                            float* scratch) {
  with_kernel(geometry.pooling, [&](auto kernel) {
    geometry.pooling.in.width == 16 ? forward<16, kernel>(geometry, tensors, x, y, index, scratch)
                                    : forward<8, kernel>(geometry, tensors, x, y, index, scratch);
  });
}

void norm_relu_pool_backward(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, const float* dy,
                             const std::uint8_t* index, float* dx, float* dscale, float* dshift, float* scratch) {
  with_kernel(geometry.pooling, [&](auto kernel) {
    geometry.pooling.in.width == 16 ? backward<16, kernel>(geometry, tensors, x, dy, index, dx, dscale, dshift, scratch)
                                    : backward<8, kernel>(geometry, tensors, x, dy, index, dx, dscale, dshift, scratch);
  });
}

}  // namespace cnnctl::CNNCTL_ISA
