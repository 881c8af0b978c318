#include <algorithm>
#include <limits>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/pooling_windows.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

template <int Width, int Kernel>
void forward_plane(const PoolingGeometry& g, const float* x, float* y, std::uint8_t* index) {
  using V = Vectors<Width>;
  for_plane_windows<Width, Kernel>(
      g, x, [&](std::int64_t out, const WindowSpan& rows, const WindowSpan& columns) __attribute__((always_inline)) {
        typename V::Floats best = typename V::Floats{} - std::numeric_limits<float>::infinity();
        typename V::Ints place = typename V::Ints{} + static_cast<std::int32_t>(rows.first * g.kernel_width + columns.first);
        for_taps<Kernel>(
            g, rows, columns, [&](std::int64_t pixel, std::int32_t tap) __attribute__((always_inline)) {
              const auto v = V::load(x + pixel * Width);
              const auto wins = (v > best) | V::is_nan(v);
              best = wins ? v : best;
              place = wins ? typename V::Ints{} + tap : place;
            });
        V::store(y + out, best);
        if (index) V::store(index + out, place);
      });
}

template <int Width, int Kernel>
void backward_plane(const PoolingGeometry& g, const float* dy, const std::uint8_t* index, float* dx) {
  using V = Vectors<Width>;
  // Windows that tile the input write each of its pixels once; others add to zeros.
  const bool tiles = g.kernel_height == g.stride_height && g.kernel_width == g.stride_width && g.padding_top == 0 && g.padding_left == 0 &&
                     g.out.height_pixels * g.kernel_height == g.in.height_pixels &&
                     g.out.width_pixels * g.kernel_width == g.in.width_pixels;
  if (!tiles) std::fill(dx, dx + g.in.pixels() * Width, 0.0F);
  for (std::int64_t oh = 0; oh < g.out.height_pixels; ++oh) {
    const WindowSpan rows = rows_of(g, oh);
    for (std::int64_t ow = 0; ow < g.out.width_pixels; ++ow) {
      const WindowSpan columns = columns_of(g, ow);
      const std::int64_t out = (oh * g.out.width_pixels + ow) * Width;
      const auto gradient = V::load(dy + out);
      const auto place = V::load(index + out);
      for_taps<Kernel>(
          g, rows, columns, [&](std::int64_t pixel, std::int32_t tap) __attribute__((always_inline)) {
            float* to = dx + pixel * Width;
            const auto part = place == tap ? gradient : typename V::Floats{};
            V::store(to, tiles ? part : part + V::load(to));
          });
    }
  }
}

template <int Width, int Kernel>
void forward(const PoolingGeometry& g, const float* x, float* y, std::uint8_t* index) {
  const std::int64_t in = g.in.pixels() * Width, out = g.out.pixels() * Width;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < g.in.images * g.in.blocks; ++plane)
    forward_plane<Width, Kernel>(g, x + plane * in, y + plane * out, index ? index + plane * out : nullptr);
}

template <int Width, int Kernel>
void backward(const PoolingGeometry& g, const float* dy, const std::uint8_t* index, float* dx) {
  const std::int64_t in = g.in.pixels() * Width, out = g.out.pixels() * Width;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < g.in.images * g.in.blocks; ++plane)
    backward_plane<Width, Kernel>(g, dy + plane * out, index + plane * out, dx + plane * in);
}

}  // namespace

void max_pool_forward(const PoolingGeometry& geometry, const float* x, float* y, std::uint8_t* index) {
  with_kernel(geometry, [&](auto kernel) {
    geometry.in.width == 16 ? forward<16, kernel>(geometry, x, y, index) : forward<8, kernel>(geometry, x, y, index);
  });
}

void max_pool_backward(const PoolingGeometry& geometry, const float* dy, const std::uint8_t* index, float* dx) {
  with_kernel(geometry, [&](auto kernel) {
    geometry.in.width == 16 ? backward<16, kernel>(geometry, dy, index, dx) : backward<8, kernel>(geometry, dy, index, dx);
  });
}

}  // namespace cnnctl::CNNCTL_ISA
