#include <algorithm>

#include "engine/runtime/kernels/block_groups.h"
#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/norm_channels.h"
#include "engine/runtime/kernels/pooling_windows.h"
#include "engine/runtime/kernels/vectors.h"
#include "engine/runtime/kernels/words.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

// Pixels of a row whose gradient is put together before it is written.
constexpr std::int64_t kChunk = 64;

/// The tap of a window's row `kh` at which its maximum was, a channel each; in other rows no number of a tap.
template <int Width>
typename Vectors<Width>::Ints tap_in_row(const PoolingGeometry& g, const std::uint8_t* index, std::int32_t kh) {
  return Vectors<Width>::load(index) - kh * static_cast<std::int32_t>(g.kernel_width);
}

/// Sums over a plane of what arrives at each channel: the gradient, and the gradient times the input's distance from the mean. Row by row
/// of the input, which memory delivers faster than windows.
template <int Width, int Kernel>
class PlaneSums {
  using V = Vectors<Width>;
  using Floats = typename V::Floats;

 public:
  PlaneSums(const PoolingGeometry& geometry, const Floats& mean) : g_(geometry), mean_(mean) {}

  NormSums<Floats> operator()(const float* x, const float* dy, const std::uint8_t* index) const {
    NormSums<Floats> sums{};
    for (std::int64_t row = 0; row < g_.in.height_pixels; ++row)
      for_taps_on(row_windows(g_), row, [&](std::int64_t oh, std::int32_t kh) {
        const std::int64_t out = oh * g_.out.width_pixels * Width;
        add_row(x + row * g_.in.width_pixels * Width, dy + out, index + out, kh, sums);
      });
    return sums;
  }

 private:
  void add_row(const float* x, const float* dy, const std::uint8_t* index, std::int32_t kh, NormSums<Floats>& sums) const {
    const auto width = static_cast<std::int32_t>(g_.kernel_width);
    const std::int64_t further = std::min(g_.stride_width, g_.kernel_width);
    for_windows<Kernel>(
        column_windows(g_), 0, g_.in.width_pixels, [&](std::int64_t ow, const WindowSpan& columns) __attribute__((always_inline)) {
          const auto tap = tap_in_row<Width>(g_, index + ow * Width, kh);
          for (std::int64_t i = 0; i < further; ++i) __builtin_prefetch(x + (columns.origin + i) * Width + kAhead);
          Floats maximum = mean_;
          for_row_taps<Kernel>(
              columns, g_.dilation_width, [&](std::int64_t column, std::int32_t kw) __attribute__((always_inline)) {
                maximum = tap == kw ? V::load(x + column * Width) : maximum;
              });
          const auto gradient = (tap >= 0) & (tap < width) ? V::load(dy + ow * Width) : Floats{};
          sums.total += gradient;
          sums.with_input += gradient * (maximum - mean_);
        });
  }

  const PoolingGeometry& g_;
  Floats mean_;
};

/// The gradient of a plane: dx = a g + b x + c for every pixel, g being the sum of the gradients of the windows whose maximum it was. dx
/// may be x where it is float.
template <int Width, int Kernel>
class InputGradient {
  using V = Vectors<Width>;
  using Floats = typename V::Floats;

 public:
  InputGradient(const PoolingGeometry& geometry, const NormChannels<Width>& channels, const NormGradientChannels<Width>& means)
      : g_(geometry), a_(means.scale), b_(-means.scale * means.slope), c_(-means.scale * means.average - b_ * channels.mean) {}

  void operator()(const float* x, const float* dy, const std::uint8_t* index, float* dx) const {
    for (std::int64_t row = 0; row < g_.in.height_pixels; ++row)
      for (std::int64_t column = 0; column < g_.in.width_pixels; column += kChunk) {
        const std::int64_t count = std::min(kChunk, g_.in.width_pixels - column), at = (row * g_.in.width_pixels + column) * Width;
        float sums[kChunk * Width];
        start(x + at, count, sums);
        for_taps_on(row_windows(g_), row, [&](std::int64_t oh, std::int32_t kh) {
          const std::int64_t out = oh * g_.out.width_pixels * Width;
          add_row(column, count, dy + out, index + out, kh, sums);
        });
        for (std::int64_t i = 0; i < count * Width; i += Width) Words::store_row(dx + (at + i) / Words::numbers, V::load(sums + i));
      }
  }

 private:
  void start(const float* x, std::int64_t count, float* sums) const {
    for (std::int64_t i = 0; i < count * Width; i += Width) {
      __builtin_prefetch(x + i + kAhead);
      V::store(sums + i, b_ * V::load(x + i) + c_);
    }
  }

  /// Adds what the windows' rows kh give to pixels from `first` on.
  void add_row(std::int64_t first, std::int64_t count, const float* dy, const std::uint8_t* index, std::int32_t kh, float* sums) const {
    for_windows<Kernel>(
        column_windows(g_), first, count, [&](std::int64_t ow, const WindowSpan& columns) __attribute__((always_inline)) {
          const auto tap = tap_in_row<Width>(g_, index + ow * Width, kh);
          const Floats gradient = a_ * V::load(dy + ow * Width);
          for_row_taps<Kernel>(
              columns, g_.dilation_width, [&](std::int64_t column, std::int32_t kw) __attribute__((always_inline)) {
                float* sum = sums + column * Width;
                V::store(sum, V::load(sum) + (tap == kw ? gradient : Floats{}));
              });
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
        const PlaneSums<Width, Kernel> sums(g, ChannelBlocks<Width>::load_channels(t.mean, 0, g.in, block));
        store_norm_sums<Width>(sums(x + plane * in, dy + plane * out, index + plane * out), plane, scratch);
      },
      [&](std::int64_t block) { combine_norm_sums<Width>(g.in, geometry.epsilon, t.variance, block, scratch, dscale, dshift); },
      [&](std::int64_t plane, std::int64_t block) {
        const NormChannels<Width> channels(g.in, geometry.epsilon, t, block);
        const NormGradientChannels<Width> means(g.in, channels, dscale, dshift, block);
        InputGradient<Width, Kernel>(g, channels, means)(x + plane * in, dy + plane * out, index + plane * out,
                                                         dx + plane * in / Words::numbers);
      });
}

}  // namespace

void norm_relu_pool_backward(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, const float* dy,
                             const std::uint8_t* index, float* dx, float* dscale, float* dshift, float* scratch) {
  with_kernel(geometry.pooling, [&](auto kernel) {
    if constexpr (Words::numbers == 1)
      if (geometry.pooling.in.width == 8) return backward<8, kernel>(geometry, tensors, x, dy, index, dx, dscale, dshift, scratch);
    backward<16, kernel>(geometry, tensors, x, dy, index, dx, dscale, dshift, scratch);
  });
}

}  // namespace cnnctl::CNNCTL_ISA
