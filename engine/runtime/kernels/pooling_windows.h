#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {

/// The part of a window that lies inside the input, in one dimension.
struct WindowSpan {
  std::int64_t first, last;  // in the window, half-open
  std::int64_t origin;       // of the window, in the input; may be negative
};

/// The windows over one dimension of the input.
struct Windows {
  std::int64_t count, stride, padding, kernel, dilation;

  std::int64_t reach() const { return (kernel - 1) * dilation; }  // from the first to the last tap
};

inline Windows row_windows(const PoolingGeometry& g) {
  return {g.out.height_pixels, g.stride_height, g.padding_top, g.kernel_height, g.dilation_height};
}

inline Windows column_windows(const PoolingGeometry& g) {
  return {g.out.width_pixels, g.stride_width, g.padding_left, g.kernel_width, g.dilation_width};
}

/// A window, counted from the place `begin` of the input on and clipped to `size` places.
inline WindowSpan clip_window(const Windows& w, std::int64_t window, std::int64_t begin, std::int64_t size) {
  const std::int64_t origin = window * w.stride - w.padding - begin;
  const std::int64_t before = std::max<std::int64_t>(0, -origin), inside = size - origin;
  // A division takes as long as a small window.
  if (w.dilation == 1) return {before, std::min(w.kernel, inside), origin};
  return {(before + w.dilation - 1) / w.dilation, std::min(w.kernel, (inside + w.dilation - 1) / w.dilation), origin};
}

inline WindowSpan rows_of(const PoolingGeometry& g, std::int64_t out) { return clip_window(row_windows(g), out, 0, g.in.height_pixels); }

inline WindowSpan columns_of(const PoolingGeometry& g, std::int64_t out) {
  return clip_window(column_windows(g), out, 0, g.in.width_pixels);
}

/// The input's pixel under a window's tap.
inline std::int64_t pixel_under(const PoolingGeometry& g, const WindowSpan& rows, const WindowSpan& columns, std::int64_t kh,
                                std::int64_t kw) {
  return (rows.origin + kh * g.dilation_height) * g.in.width_pixels + columns.origin + kw * g.dilation_width;
}

/// Calls visit(the input's pixel, its place in the window) for each tap inside the input, row by row. Windows of `Kernel` x `Kernel` that
/// lie inside are written out; 0: of any size.
template <int Kernel, class Visit>
inline __attribute__((always_inline)) void for_taps(const PoolingGeometry& g, const WindowSpan& rows, const WindowSpan& columns,
                                                    Visit visit) {
  if (Kernel > 0 && rows.last - rows.first == Kernel && columns.last - columns.first == Kernel) {
    const std::int64_t first = rows.origin * g.in.width_pixels + columns.origin;
    unrolled<Kernel>([&](auto kh) __attribute__((always_inline)) {
      unrolled<Kernel>([&](auto kw) __attribute__((always_inline)) {
        visit(first + kh * g.dilation_height * g.in.width_pixels + kw * g.dilation_width, kh * Kernel + kw);
      });
    });
    return;
  }
  for (std::int64_t kh = rows.first; kh < rows.last; ++kh)
    for (std::int64_t kw = columns.first; kw < columns.last; ++kw)
      visit(pixel_under(g, rows, columns, kh, kw), static_cast<std::int32_t>(kh * g.kernel_width + kw));
}

/// Asks for pixels that the second window below will read first: rows of a map are too many streams for the hardware to foresee.
template <int Width>
void prefetch_below(const PoolingGeometry& g, const WindowSpan& rows, const WindowSpan& columns, const float* x) {
  const std::int64_t height = std::min(g.stride_height, g.kernel_height), width = std::min(g.stride_width, g.kernel_width);
  const float* below = x + ((rows.origin + rows.last + height) * g.in.width_pixels + columns.origin) * Width;
  for (std::int64_t i = 0; i < height; ++i)
    for (std::int64_t j = 0; j < width; ++j) __builtin_prefetch(below + (i * g.in.width_pixels + j) * Width);
}

/// A tap that no window has, in an index of bytes: of a window that gave nothing on.
constexpr std::int32_t kNoTap = 255;

/// A run of windows, half-open.
struct WindowRange {
  std::int64_t first, last;
};

/// Those that lie over places of the input from `begin` to before `end`, be it with their gaps.
inline WindowRange windows_over(const Windows& w, std::int64_t begin, std::int64_t end) {
  const std::int64_t last = std::min(w.count, (end - 1 + w.padding) / w.stride + 1);
  const std::int64_t before = std::max<std::int64_t>(0, begin + w.padding - w.reach());
  return {std::min((before + w.stride - 1) / w.stride, last), last};
}

/// Calls visit(window, tap) for each tap that lies on a place of the input.
template <class Visit>
inline __attribute__((always_inline)) void for_taps_on(const Windows& w, std::int64_t place, Visit visit) {
  const WindowRange over = windows_over(w, place, place + 1);
  for (std::int64_t window = over.first; window < over.last; ++window) {
    const std::int64_t distance = place + w.padding - window * w.stride;
    if (distance % w.dilation == 0) visit(window, static_cast<std::int32_t>(distance / w.dilation));
  }
}

/// Calls visit(window, its part inside) for windows over `size` places of the input, counted from the place `begin` on and clipped to
/// them. Those that lie inside are as large as `Kernel` says, for for_row_taps.
template <int Kernel, class Visit>
inline __attribute__((always_inline)) void for_windows(const Windows& w, std::int64_t begin, std::int64_t size, Visit visit) {
  const WindowRange over = windows_over(w, begin, begin + size);
  const std::int64_t padding = w.padding + begin, room = size + padding - w.reach() - 1;
  const std::int64_t inside = std::clamp((padding + w.stride - 1) / w.stride, over.first, over.last);
  const std::int64_t outside = std::clamp(room < 0 ? 0 : room / w.stride + 1, inside, over.last);
  const auto clipped = [&](std::int64_t i) { visit(i, clip_window(w, i, begin, size)); };
  for (std::int64_t i = over.first; i < inside; ++i) clipped(i);
  for (std::int64_t i = inside; i < outside; ++i) visit(i, WindowSpan{0, Kernel > 0 ? Kernel : w.kernel, i * w.stride - padding});
  for (std::int64_t i = outside; i < over.last; ++i) clipped(i);
}

/// Calls visit(place in the output, rows, columns) for each window of a plane x, row by row, of which the ones below are asked of the
/// memory.
template <int Width, int Kernel, class Visit>
inline __attribute__((always_inline)) void for_plane_windows(const PoolingGeometry& g, const float* x, Visit visit) {
  for (std::int64_t oh = 0; oh < g.out.height_pixels; ++oh) {
    const WindowSpan rows = rows_of(g, oh);
    for_windows<Kernel>(
        column_windows(g), 0, g.in.width_pixels, [&](std::int64_t ow, const WindowSpan& columns) __attribute__((always_inline)) {
          prefetch_below<Width>(g, rows, columns, x);
          visit((oh * g.out.width_pixels + ow) * Width, rows, columns);
        });
  }
}

/// Calls visit(the input's column, the tap's) for each tap of a window's row that is inside the input.
template <int Kernel, class Visit>
inline __attribute__((always_inline)) void for_row_taps(const WindowSpan& columns, std::int64_t dilation, Visit visit) {
  if (Kernel > 0 && columns.last - columns.first == Kernel) {
    unrolled<Kernel>([&](auto kw) __attribute__((always_inline)) { visit(columns.origin + kw * dilation, kw); });
    return;
  }
  for (std::int64_t kw = columns.first; kw < columns.last; ++kw) visit(columns.origin + kw * dilation, static_cast<std::int32_t>(kw));
}

/// Calls visit(Kernel as for_taps takes it) for the sizes that are common.
template <class Visit>
void with_kernel(const PoolingGeometry& g, Visit visit) {
  const auto is = [&](std::int64_t kernel) { return g.kernel_height == kernel && g.kernel_width == kernel; };
  if (is(2)) return visit(std::integral_constant<int, 2>());
  if (is(3)) return visit(std::integral_constant<int, 3>());
  visit(std::integral_constant<int, 0>());
}

}  // namespace cnnctl::CNNCTL_ISA
