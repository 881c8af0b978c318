#pragma once

#include "engine/runtime/kernels/depthwise_rows.h"
#include "engine/runtime/kernels/limits.h"

namespace cnnctl::CNNCTL_ISA {

// The pixels of a result that are computed together.
constexpr int kTile = DepthwiseTiles::forward;

/// Adds to a tile's sums what one row of the kernel, tap(0) and so on, makes of one row of the input.
template <int Width, int Kernel, int Stride, class Tap>
inline __attribute__((always_inline)) void add_kernel_row(const float* x, const Tap& tap, typename Vectors<Width>::Floats (&sums)[kTile]) {
  using V = Vectors<Width>;
  typename V::Floats taps[Kernel];
  unrolled<Kernel>([&](auto k) __attribute__((always_inline)) { taps[k] = tap(k); });
  unrolled<(kTile - 1) * Stride + Kernel>([&](auto i) __attribute__((always_inline)) {
    const auto value = V::load(x + i * Width);
    unrolled<Kernel>([&](auto k) __attribute__((always_inline)) {
      constexpr int offset = i - k;
      if constexpr (offset >= 0 && offset % Stride == 0 && offset / Stride < kTile) sums[offset / Stride] += value * taps[k];
    });
  });
}

/// One row of the result, each number of it what `limit` makes of the sum, from the rows of the input that `x` holds; w are the block's
/// weights; `Place` is y's. A call would force a tile's sums out of the registers. The weights of a kernel of three rows stay in registers
/// where all of them meet the input.
template <int Width, int Kernel, int Stride, RowPlace Place, class Limit>
__attribute__((flatten)) void forward_row(const DepthwiseGeometry& g, Limit limit, const PaddedRows<Width, Kernel>& x, const float* w,
                                          typename Vectors<Width>::Floats bias, std::int64_t top, float* y) {
  using V = Vectors<Width>;
  const std::int64_t pixels = g.out.width_pixels;
  const KernelRows rows = kernel_rows(g, top);
  const float* under[Kernel] = {};
  for (std::int64_t k = rows.first; k < rows.last; ++k) under[k] = x.row(top + k);
  const auto each_tile = [&](const auto& add_rows) __attribute__((always_inline)) {
    alignas(64) float last[kTile * Width];  // a tile that reaches over the row's end
    for (std::int64_t column = 0; column < pixels; column += kTile) {
      if constexpr (Place == RowPlace::memory) prefetch_result<Width, kTile>(y, column * Width);
      typename V::Floats sums[kTile];
      unrolled<kTile>([&](auto t) __attribute__((always_inline)) { sums[t] = bias; });
      add_rows(column * Stride * Width, sums);
      float* const to = column + kTile <= pixels ? y + column * Width : last;
      unrolled<kTile>([&](auto t) __attribute__((always_inline)) { V::store(to + t * Width, limit(sums[t])); });
      if (to == last) std::copy_n(last, (pixels - column) * Width, y + column * Width);
    }
  };
  if (Kernel == 3 && rows.last - rows.first == Kernel) {
    typename V::Floats taps[Kernel * Kernel];
    unrolled<Kernel * Kernel>([&](auto i) __attribute__((always_inline)) { taps[i] = V::load(w + i * Width); });
    each_tile([&](std::int64_t at, auto& sums) __attribute__((always_inline)) {
      unrolled<3>([&](auto k) __attribute__((always_inline)) {
        add_kernel_row<Width, Kernel, Stride>(
            under[k] + at, [&](auto i) __attribute__((always_inline)) { return taps[k * Kernel + i]; }, sums);
      });
    });
  } else {
    each_tile([&](std::int64_t at, auto& sums) __attribute__((always_inline)) {
      for (std::int64_t k = rows.first; k < rows.last; ++k)
        add_kernel_row<Width, Kernel, Stride>(
            under[k] + at, [&](auto i) __attribute__((always_inline)) { return V::load(w + (k * Kernel + i) * Width); }, sums);
    });
  }
}

}  // namespace cnnctl::CNNCTL_ISA
