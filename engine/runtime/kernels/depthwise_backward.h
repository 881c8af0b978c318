#pragma once

#include "engine/runtime/kernels/depthwise_rows.h"

namespace cnnctl::CNNCTL_ISA {

// Both gradients of a plane are computed row by row beside each other, so that the result's gradient comes from memory once.

/// How many columns of dy, beside the one under the kernel's first tap, one of dx depends on.
constexpr int reach(int kernel, int stride) { return (kernel - 1) / stride; }

/// What the loops over a plane hold: the rows of x under the kernel, and the rows of dy that a row of dx depends on.
template <int Width, int Kernel, int Stride>
struct PlaneRows {
  PaddedRows<Width, Kernel> x;
  PaddedRows<Width, reach(Kernel, Stride) + 1> dy;
};

/// Adds to a tile's sums what one row of the kernel, tap(0) and so on, makes of one row of dy.
template <int Width, int Kernel, int Stride, class Tap>
inline __attribute__((always_inline)) void add_data_row(const float* dy, const Tap& tap,
                                                        typename Vectors<Width>::Floats (&sums)[DepthwiseTiles::data(Stride) * Stride]) {
  using V = Vectors<Width>;
  constexpr int tile = DepthwiseTiles::data(Stride), before = reach(Kernel, Stride);
  typename V::Floats taps[Kernel];
  unrolled<Kernel>([&](auto k) __attribute__((always_inline)) { taps[k] = tap(k); });
  unrolled<tile + before>([&](auto i) __attribute__((always_inline)) {
    const auto value = V::load(dy + i * Width);
    unrolled<Kernel>([&](auto k) __attribute__((always_inline)) {
      constexpr int at = (i - before) * Stride + k;
      if constexpr (at >= 0 && at < tile * Stride) sums[at] += value * taps[k];
    });
  });
}

/// The tiles of one row of dx, or added to it: add_rows(offset of a tile in dy's copies, sums) adds to a tile what rows of the kernel make.
template <int Width, int Stride, class AddRows>
inline __attribute__((always_inline)) void data_tiles(const DepthwiseGeometry& g, bool add, float* dx, const AddRows& add_rows) {
  using V = Vectors<Width>;
  constexpr int pixels = DepthwiseTiles::data(Stride) * Stride;
  std::int64_t from = 0;  // the column of dy's copies where the tile begins
  for (std::int64_t left = -(g.padding_left % Stride); left < g.in.width_pixels; left += pixels, from += DepthwiseTiles::data(Stride)) {
    prefetch_result<Width, pixels>(dx, left * Width);
    typename V::Floats sums[pixels]{};
    add_rows(from * Width, sums);
    unrolled<pixels>([&](auto i) __attribute__((always_inline)) {
      if (left + i < 0 || left + i >= g.in.width_pixels) return;
      float* to = dx + (left + i) * Width;
      V::store(to, add ? V::load(to) + sums[i] : sums[i]);
    });
  }
}

/// The rows of dy that a row of dx depends on, by the row of the kernel; nullptr where dy has none.
template <int Width, int Kernel, int Stride>
struct RowsBehind {
  const float* rows[Kernel] = {};

  RowsBehind(const DepthwiseGeometry& g, const PlaneRows<Width, Kernel, Stride>& held, std::int64_t bottom) {
    for (std::int64_t k = bottom % Stride; k < Kernel && k <= bottom; k += Stride)
      if (const std::int64_t h = (bottom - k) / Stride; h < g.out.height_pixels) rows[k] = held.dy.row(h);
  }
  /// Whether it has all that the kernel's rows from `first` on, a stride apart, meet.
  bool all_from(int first) const {
    for (int k = first; k < Kernel; k += Stride)
      if (rows[k] == nullptr) return false;
    return true;
  }
};

/// data_row where dy has all rows that the kernel's from `First` on meet: the weights stay in registers.
template <int First, int Width, int Kernel, int Stride>
inline __attribute__((always_inline)) void whole_data_row(const DepthwiseGeometry& g, bool add,
                                                          const RowsBehind<Width, Kernel, Stride>& behind, const float* w, float* dx) {
  using V = Vectors<Width>;
  constexpr int count = (Kernel - First + Stride - 1) / Stride;
  typename V::Floats taps[count * Kernel];
  unrolled<count * Kernel>([&](auto i) __attribute__((always_inline)) {
    taps[i] = V::load(w + ((First + i / Kernel * Stride) * Kernel + i % Kernel) * Width);
  });
  data_tiles<Width, Stride>(
      g, add, dx, [&](std::int64_t at, auto& sums) __attribute__((always_inline)) {
        unrolled<count>([&](auto row) __attribute__((always_inline)) {
          add_data_row<Width, Kernel, Stride>(
              behind.rows[First + row * Stride] + at, [&](auto i) __attribute__((always_inline)) { return taps[row * Kernel + i]; }, sums);
        });
      });
}

/// One row of dx, or added to it. w are the block's weights.
template <int Width, int Kernel, int Stride>
void data_row(const DepthwiseGeometry& g, bool add, const PlaneRows<Width, Kernel, Stride>& rows, const float* w, std::int64_t row,
              float* dx) {
  using V = Vectors<Width>;
  const std::int64_t bottom = row + g.padding_top;
  const RowsBehind<Width, Kernel, Stride> behind(g, rows, bottom);
  if constexpr (Kernel == 3) {
    if (bottom % Stride == 0 && behind.all_from(0)) return whole_data_row<0>(g, add, behind, w, dx);
    if (bottom % Stride == Stride - 1 && behind.all_from(Stride - 1)) return whole_data_row<Stride - 1>(g, add, behind, w, dx);
  }
  data_tiles<Width, Stride>(
      g, add, dx, [&](std::int64_t at, auto& sums) __attribute__((always_inline)) {
        for (std::int64_t k = bottom % Stride; k < Kernel; k += Stride)
          if (behind.rows[k] != nullptr)
            add_data_row<Width, Kernel, Stride>(
                behind.rows[k] + at, [&](auto i) __attribute__((always_inline)) { return V::load(w + (k * Kernel + i) * Width); }, sums);
      });
}

/// Rows of the kernel whose sums are in registers together.
constexpr int rows_together(int kernel) { return kernel == 3 ? 3 : kernel == 5 ? 2 : 1; }

/// Adds what row `h` of dy gives for `Rows` rows of the kernel, from row `k`, to their gradient dw.
template <int Rows, int Width, int Kernel, int Stride>
void add_weights_rows(const DepthwiseGeometry& g, const PlaneRows<Width, Kernel, Stride>& rows, std::int64_t h, std::int64_t k, float* dw) {
  using V = Vectors<Width>;
  constexpr int tile = DepthwiseTiles::weights(Kernel);
  const float* dy = rows.dy.pixels(h);
  const float* x[Rows];
  unrolled<Rows>([&](auto r) { x[r] = rows.x.row(h * Stride - g.padding_top + k + r); });
  typename V::Floats sums[Rows][Kernel]{};
  for (std::int64_t column = 0; column < g.out.width_pixels; column += tile) {
    typename V::Floats gradient[tile];
    unrolled<tile>([&](auto t) __attribute__((always_inline)) { gradient[t] = V::load(dy + (column + t) * Width); });
    unrolled<Rows>([&](auto r) __attribute__((always_inline)) {
      unrolled<(tile - 1) * Stride + Kernel>([&](auto i) __attribute__((always_inline)) {
        const auto value = V::load(x[r] + (column * Stride + i) * Width);
        unrolled<Kernel>([&](auto tap) __attribute__((always_inline)) {
          constexpr int offset = i - tap;
          if constexpr (offset >= 0 && offset % Stride == 0 && offset / Stride < tile) sums[r][tap] += value * gradient[offset / Stride];
        });
      });
    });
  }
  // A row's sum is added to the plane's at its end: short sums round less than one long one.
  unrolled<Rows * Kernel>([&](auto i) __attribute__((always_inline)) {
    float* to = dw + (k * Kernel + i) * Width;
    V::store(to, V::load(to) + sums[i / Kernel][i % Kernel]);
  });
}

/// The same for the whole kernel.
template <int Width, int Kernel, int Stride>
void add_weights(const DepthwiseGeometry& g, const PlaneRows<Width, Kernel, Stride>& rows, std::int64_t h, float* dw) {
  constexpr int together = rows_together(Kernel);
  const KernelRows under = kernel_rows(g, h * Stride - g.padding_top);
  std::int64_t k = under.first;
  for (; k + together <= under.last; k += together) add_weights_rows<together>(g, rows, h, k, dw);
  for (; k < under.last; ++k) add_weights_rows<1>(g, rows, h, k, dw);
}

/// Where the gradients of one plane go. `data` is nullptr where it is not wanted.
struct PlaneGradients {
  float* data;
  bool add;        // to what is there
  float* weights;  // the plane's part
};

/// The gradients of one plane, row by row. `plane` says what its rows are: fill_input and fill_gradient fill one (PaddedRows::fill_until);
/// see_gradient(row of dy) and finish_row(index of a row of dx) are called when one is complete. w are the block's weights.
template <int Width, int Kernel, int Stride, class Plane>
void backward_plane(const DepthwiseGeometry& g, Plane& plane, PlaneRows<Width, Kernel, Stride>& rows, const float* w,
                    const PlaneGradients& gradients) {
  rows.x.start(0);
  rows.dy.start(0);
  std::fill(gradients.weights, gradients.weights + Kernel * Kernel * Width, 0.0F);
  std::int64_t next = 0;
  const auto data_until = [&](std::int64_t end) {
    for (; gradients.data && next < end; ++next) {
      data_row(g, gradients.add, rows, w, next, gradients.data + next * g.in.width_pixels * Width);
      plane.finish_row(next);
    }
  };
  for (std::int64_t h = 0; h < g.out.height_pixels; ++h) {
    const std::int64_t top = h * Stride - g.padding_top;
    rows.x.fill_until(std::min(g.in.height_pixels, top + Kernel), [&](auto... row) { plane.fill_input(row...); });
    rows.dy.fill_until(h + 1, [&](auto... row) { plane.fill_gradient(row...); });
    add_weights(g, rows, h, gradients.weights);
    plane.see_gradient(rows.dy.pixels(h));
    data_until(std::min(g.in.height_pixels, top + Stride));
  }
  data_until(g.in.height_pixels);
}

/// The rows of a thread's planes, in its part of the scratch.
template <int Width, int Kernel, int Stride>
PlaneRows<Width, Kernel, Stride> plane_rows(const DepthwiseGeometry& g, float* memory) {
  constexpr int data_tile = DepthwiseTiles::data(Stride), weights_tile = DepthwiseTiles::weights(Kernel);
  const DepthwiseRow x = depthwise_input_row(g, weights_tile), dy = depthwise_gradient_row(g, data_tile, weights_tile);
  return {{x, g.in.width_pixels, memory}, {dy, g.out.width_pixels, memory + Kernel * x.columns * Width}};
}

/// The sum over a block's images of their parts of one tap's gradient, or, behind the last tap, of the bias's.
template <int Width>
typename Vectors<Width>::Floats sum_of_parts(const DepthwiseGeometry& g, const float* parts, std::int64_t block, std::int64_t tap) {
  const std::int64_t part = (g.kernel * g.kernel + 1) * Width;
  typename Vectors<Width>::Floats sum{};
  for (std::int64_t n = 0; n < g.in.images; ++n) sum += Vectors<Width>::load(parts + (n * g.in.blocks + block) * part + tap * Width);
  return sum;
}

/// A block's gradient of the weights from its images' parts.
template <int Width>
void finish_weights(const DepthwiseGeometry& g, const float* parts, std::int64_t block, float* dw) {
  const std::int64_t taps = g.kernel * g.kernel;
  for (std::int64_t tap = 0; tap < taps; ++tap)
    Vectors<Width>::store(dw + (block * taps + tap) * Width, sum_of_parts<Width>(g, parts, block, tap));
}

}  // namespace cnnctl::CNNCTL_ISA
