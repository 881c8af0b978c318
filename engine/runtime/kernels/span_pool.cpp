#include <algorithm>
#include <limits>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// True where every pixel is in one window: then a gradient is written, elsewhere it is added to zeros.
bool tiles(const std::vector<PoolingSpan>& spans, std::int64_t in) {
  std::int64_t end = 0;
  for (const PoolingSpan& span : spans) {
    if (span.first != end) return false;
    end = span.last;
  }
  return end == in;
}

/// Calls visit(output pixel, rows, columns) for every window.
template <class Visit>
inline __attribute__((always_inline)) void each_window(const SpanPoolingGeometry& g, Visit visit) {
  std::int64_t pixel = 0;
  for (const PoolingSpan& rows : g.rows)
    for (const PoolingSpan& columns : g.columns) visit(pixel++, rows, columns);
}

template <int Width>
void average_forward_plane(const SpanPoolingGeometry& g, const float* x, float* y) {
  using V = Vectors<Width>;
  each_window(g, [&](std::int64_t pixel, const PoolingSpan& rows, const PoolingSpan& columns) {
    typename V::Floats sum{};
    for (std::int64_t h = rows.first; h < rows.last; ++h)
      for (std::int64_t w = columns.first; w < columns.last; ++w) sum += V::load(x + (h * g.in.width_pixels + w) * Width);
    V::store(y + pixel * Width, sum * (rows.share * columns.share));
  });
}

template <int Width>
void average_backward_plane(const SpanPoolingGeometry& g, bool writes, const float* dy, float* dx) {
  using V = Vectors<Width>;
  if (!writes) std::fill(dx, dx + g.in.pixels() * Width, 0.0F);
  each_window(g, [&](std::int64_t pixel, const PoolingSpan& rows, const PoolingSpan& columns) {
    const auto part = V::load(dy + pixel * Width) * (rows.share * columns.share);
    for (std::int64_t h = rows.first; h < rows.last; ++h)
      for (std::int64_t w = columns.first; w < columns.last; ++w) {
        float* to = dx + (h * g.in.width_pixels + w) * Width;
        V::store(to, writes ? part : part + V::load(to));
      }
  });
}

template <int Width>
void max_forward_plane(const SpanPoolingGeometry& g, const float* x, float* y, std::int32_t* pixel_out) {
  using V = Vectors<Width>;
  each_window(g, [&](std::int64_t pixel, const PoolingSpan& rows, const PoolingSpan& columns) {
    typename V::Floats best = typename V::Floats{} - std::numeric_limits<float>::infinity();
    typename V::Ints place = typename V::Ints{} + static_cast<std::int32_t>(rows.first * g.in.width_pixels + columns.first);
    for (std::int64_t h = rows.first; h < rows.last; ++h)
      for (std::int64_t w = columns.first; w < columns.last; ++w) {
        const std::int64_t at = h * g.in.width_pixels + w;
        const auto v = V::load(x + at * Width);
        const auto wins = (v > best) | V::is_nan(v);
        best = wins ? v : best;
        place = wins ? typename V::Ints{} + static_cast<std::int32_t>(at) : place;
      }
    V::store(y + pixel * Width, best);
    if (pixel_out) std::memcpy(pixel_out + pixel * Width, &place, sizeof place);
  });
}

void max_backward_plane(const SpanPoolingGeometry& g, const float* dy, const std::int32_t* pixel, float* dx) {
  const std::int64_t width = g.in.width;
  std::fill(dx, dx + g.in.pixels() * width, 0.0F);
  for (std::int64_t i = 0; i < g.out.pixels() * width; ++i) dx[pixel[i] * width + i % width] += dy[i];
}

/// Calls run(first element of the input's plane, first of the output's) for every plane.
template <class Run>
void each_plane(const SpanPoolingGeometry& g, Run run) {
  const std::int64_t in = g.in.pixels() * g.in.width, out = g.out.pixels() * g.in.width;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < g.in.images * g.in.blocks; ++plane) run(plane * in, plane * out);
}

}  // namespace

void average_pool_forward(const SpanPoolingGeometry& geometry, const float* x, float* y) {
  const auto forward = geometry.in.width == 16 ? average_forward_plane<16> : average_forward_plane<8>;
  each_plane(geometry, [&](std::int64_t in, std::int64_t out) { forward(geometry, x + in, y + out); });
}

void average_pool_backward(const SpanPoolingGeometry& geometry, const float* dy, float* dx) {
  const auto backward = geometry.in.width == 16 ? average_backward_plane<16> : average_backward_plane<8>;
  const bool writes = tiles(geometry.rows, geometry.in.height_pixels) && tiles(geometry.columns, geometry.in.width_pixels);
  each_plane(geometry, [&](std::int64_t in, std::int64_t out) { backward(geometry, writes, dy + out, dx + in); });
}

void span_max_pool_forward(const SpanPoolingGeometry& geometry, const float* x, float* y, std::int32_t* pixel) {
  const auto forward = geometry.in.width == 16 ? max_forward_plane<16> : max_forward_plane<8>;
  each_plane(geometry, [&](std::int64_t in, std::int64_t out) { forward(geometry, x + in, y + out, pixel ? pixel + out : nullptr); });
}

void span_max_pool_backward(const SpanPoolingGeometry& geometry, const float* dy, const std::int32_t* pixel, float* dx) {
  each_plane(geometry, [&](std::int64_t in, std::int64_t out) { max_backward_plane(geometry, dy + out, pixel + out, dx + in); });
}

}  // namespace cnnctl::CNNCTL_ISA
