#pragma once

#include "engine/runtime/kernels/depthwise_rows.h"
#include "engine/runtime/kernels/eltwise_functions.h"

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

/// Stores the first `count` of a tile's results.
template <int Width>
inline __attribute__((always_inline)) void store_tile(const typename Vectors<Width>::Floats (&sums)[kTile], std::int64_t count,
                                                      const std::optional<EltwiseLoop>& activation, float* y) {
  const auto store = [&](const auto& function) __attribute__((always_inline)) {
    unrolled<kTile>([&](auto t) __attribute__((always_inline)) {
      if (t < count) Vectors<Width>::store(y + t * Width, function.forward(sums[t]));
    });
  };
  activation ? with_eltwise(*activation, store) : store(Identity{});
}

/// One row of the result from the rows of the input that `x` holds; w are the block's weights. A call would force a tile's sums out of the
/// registers. The weights of a kernel of three rows stay in registers where all of them meet the input.
template <int Width, int Kernel, int Stride>
__attribute__((flatten)) void forward_row(const DepthwiseGeometry& g, const std::optional<EltwiseLoop>& activation,
                                          const PaddedRows<Width, Kernel>& x, const float* w, const typename Vectors<Width>::Floats& bias,
                                          std::int64_t top, float* y) {
  using V = Vectors<Width>;
  const KernelRows rows = kernel_rows(g, top);
  const float* under[Kernel] = {};
  for (std::int64_t k = rows.first; k < rows.last; ++k) under[k] = x.row(top + k);
  const auto each_tile = [&](const auto& add_rows) __attribute__((always_inline)) {
    for (std::int64_t column = 0; column < g.out.width_pixels; column += kTile) {
      prefetch_result<Width, kTile>(y, column * Width);
      typename V::Floats sums[kTile];
      unrolled<kTile>([&](auto t) __attribute__((always_inline)) { sums[t] = bias; });
      add_rows(column * Stride * Width, sums);
      store_tile<Width>(sums, g.out.width_pixels - column, activation, y + column * Width);
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
