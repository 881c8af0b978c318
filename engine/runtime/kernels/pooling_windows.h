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

inline WindowSpan clip_window(std::int64_t out, std::int64_t stride, std::int64_t padding, std::int64_t kernel, std::int64_t dilation,
                              std::int64_t in) {
  const std::int64_t origin = out * stride - padding;
  const std::int64_t before = std::max<std::int64_t>(0, -origin), inside = in - origin;
  // A division takes as long as a small window.
  if (dilation == 1) return {before, std::min(kernel, inside), origin};
  return {(before + dilation - 1) / dilation, std::min(kernel, (inside + dilation - 1) / dilation), origin};
}

inline WindowSpan rows_of(const PoolingGeometry& g, std::int64_t out) {
  return clip_window(out, g.stride_height, g.padding_top, g.kernel_height, g.dilation_height, g.in.height_pixels);
}

inline WindowSpan columns_of(const PoolingGeometry& g, std::int64_t out) {
  return clip_window(out, g.stride_width, g.padding_left, g.kernel_width, g.dilation_width, g.in.width_pixels);
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

/// Calls visit(Kernel as for_taps takes it) for the sizes that are common.
template <class Visit>
void with_kernel(const PoolingGeometry& g, Visit visit) {
  const auto is = [&](std::int64_t kernel) { return g.kernel_height == kernel && g.kernel_width == kernel; };
  if (is(2)) return visit(std::integral_constant<int, 2>());
  if (is(3)) return visit(std::integral_constant<int, 3>());
  visit(std::integral_constant<int, 0>());
}

}  // namespace cnnctl::CNNCTL_ISA
