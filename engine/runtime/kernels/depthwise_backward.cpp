#include <omp.h>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/depthwise_rows.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

// Both gradients of a plane are computed row by row beside each other, so that the result's gradient comes from memory once.

/// How many columns of dy, beside the one under the kernel's first tap, one of dx depends on.
constexpr int reach(int kernel, int stride) { return (kernel - 1) / stride; }

/// What the loops over a plane hold: the rows of x under the kernel, and the rows of dy that a row of dx depends on.
template <int Width, int Kernel, int Stride>
struct PlaneRows {
  PaddedRows<Width, Kernel> x;
  PaddedRows<Width, reach(Kernel, Stride) + 1> dy;
};

/// Adds to a tile's sums what one row of the kernel makes of one row of dy.
template <int Width, int Kernel, int Stride>
inline __attribute__((always_inline)) void add_data_row(const float* dy, const float* w,
                                                        typename Vectors<Width>::Floats (&sums)[DepthwiseTiles::data(Stride) * Stride]) {
  using V = Vectors<Width>;
  constexpr int tile = DepthwiseTiles::data(Stride), before = reach(Kernel, Stride);
  typename V::Floats taps[Kernel];
  unrolled<Kernel>([&](auto k) __attribute__((always_inline)) { taps[k] = V::load(w + k * Width); });
  unrolled<tile + before>([&](auto i) __attribute__((always_inline)) {
    const auto value = V::load(dy + i * Width);
    unrolled<Kernel>([&](auto k) __attribute__((always_inline)) {
      constexpr int at = (i - before) * Stride + k;
      if constexpr (at >= 0 && at < tile * Stride) sums[at] += value * taps[k];
    });
  });
}

/// One row of dx, or added to it. w are the block's weights.
template <int Width, int Kernel, int Stride>
void data_row(const DepthwiseGeometry& g, bool add, const PlaneRows<Width, Kernel, Stride>& rows, const float* w, std::int64_t row,
              float* dx) {
  using V = Vectors<Width>;
  constexpr int pixels = DepthwiseTiles::data(Stride) * Stride;
  const std::int64_t bottom = row + g.padding_top;
  std::int64_t from = 0;  // the column of dy's copies where the tile begins
  for (std::int64_t left = -(g.padding_left % Stride); left < g.in.width_pixels; left += pixels, from += DepthwiseTiles::data(Stride)) {
    prefetch_result<Width, pixels>(dx, left * Width);
    typename V::Floats sums[pixels]{};
    for (std::int64_t k = bottom % Stride; k < Kernel && k <= bottom; k += Stride) {
      const std::int64_t h = (bottom - k) / Stride;
      if (h < g.out.height_pixels) add_data_row<Width, Kernel, Stride>(rows.dy.row(h) + from * Width, w + k * Kernel * Width, sums);
    }
    unrolled<pixels>([&](auto i) __attribute__((always_inline)) {
      if (left + i < 0 || left + i >= g.in.width_pixels) return;
      float* to = dx + (left + i) * Width;
      V::store(to, add ? V::load(to) + sums[i] : sums[i]);
    });
  }
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

template <int Width>
void add_bias(const DepthwiseGeometry& g, const float* dy, float* db) {
  using V = Vectors<Width>;
  typename V::Floats sum{};
  for (std::int64_t i = 0; i < g.out.width_pixels; ++i) sum += V::load(dy + i * Width);
  V::store(db, V::load(db) + sum);
}

/// One plane's gradients, from its rows; `sums` gets its part of those of weights and bias.
template <int Width, int Kernel, int Stride>
void backward_plane(const DepthwiseGeometry& g, const DepthwiseGradients& gradients, PlaneRows<Width, Kernel, Stride>& rows, const float* w,
                    float* dx, float* sums) {
  constexpr int taps = Kernel * Kernel;
  std::fill(sums, sums + (taps + 1) * Width, 0.0F);
  std::int64_t next = 0;
  const auto data_until = [&](std::int64_t end) {
    for (; dx && next < end; ++next) data_row(g, gradients.add, rows, w, next, dx + next * g.in.width_pixels * Width);
  };
  for (std::int64_t h = 0; h < g.out.height_pixels; ++h) {
    const std::int64_t top = h * Stride - g.padding_top;
    rows.x.copy_until(std::min(g.in.height_pixels, top + Kernel));
    rows.dy.copy_until(h + 1);
    add_weights(g, rows, h, sums);
    if (gradients.bias) add_bias<Width>(g, rows.dy.pixels(h), sums + taps * Width);
    data_until(std::min(g.in.height_pixels, top + Stride));
  }
  data_until(g.in.height_pixels);
}

/// The sum over images of a block's parts.
template <int Width>
typename Vectors<Width>::Floats total(const DepthwiseGeometry& g, const float* part, std::int64_t image_stride) {
  typename Vectors<Width>::Floats sum{};
  for (std::int64_t n = 0; n < g.in.images; ++n) sum += Vectors<Width>::load(part + n * image_stride);
  return sum;
}

/// One block's gradients of weights and bias from its images' parts.
template <int Width>
void finish_block(const DepthwiseGeometry& g, const DepthwiseGradients& gradients, const float* parts, std::int64_t block) {
  const std::int64_t taps = g.kernel * g.kernel, part = (taps + 1) * Width;
  const float* first = parts + block * part;
  for (std::int64_t k = 0; k < taps; ++k)
    Vectors<Width>::store(gradients.weights + (block * taps + k) * Width, total<Width>(g, first + k * Width, g.in.blocks * part));
  if (!gradients.bias) return;
  const auto bias = total<Width>(g, first + taps * Width, g.in.blocks * part);
  const auto lanes = static_cast<std::size_t>(ChannelBlocks<Width>::lanes(g.in, block));
  std::memcpy(gradients.bias + block * Width, &bias, lanes * sizeof(float));
}

}  // namespace

void depthwise_backward(const DepthwiseGeometry& g, const float* x, const float* dy, const float* w, const DepthwiseGradients& gradients,
                        float* parts, float* scratch) {
  with_constants(g, [&](auto width, auto kernel, auto stride) {
    constexpr int taps = kernel * kernel, data_tile = DepthwiseTiles::data(stride), weights_tile = DepthwiseTiles::weights(kernel);
    const DepthwiseRow x_row = depthwise_input_row(g, weights_tile), dy_row = depthwise_gradient_row(g, data_tile, weights_tile);
    const std::int64_t blocks = g.in.blocks;
#pragma omp parallel num_threads(g.threads)
    {
      float* memory = scratch + omp_get_thread_num() * depthwise_backward_scratch(g);
      PlaneRows<width, kernel, stride> rows{{x_row, g.in.width_pixels, memory},
                                            {dy_row, g.out.width_pixels, memory + kernel * x_row.columns * width}};
#pragma omp for schedule(static)
      for (std::int64_t plane = 0; plane < g.in.images * blocks; ++plane) {
        rows.x.start(x + plane * g.in.pixels() * width, 0);
        rows.dy.start(dy + plane * g.out.pixels() * width, 0);
        float* dx = gradients.data ? gradients.data + plane * g.in.pixels() * width : nullptr;
        backward_plane(g, gradients, rows, w + plane % blocks * taps * width, dx, parts + plane * (taps + 1) * width);
      }
#pragma omp for schedule(static)
      for (std::int64_t block = 0; block < blocks; ++block) finish_block<width>(g, gradients, parts, block);
    }
  });
}

}  // namespace cnnctl::CNNCTL_ISA
