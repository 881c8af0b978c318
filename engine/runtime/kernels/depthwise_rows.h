#pragma once

#include <algorithm>

#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/depthwise.h"

namespace cnnctl::CNNCTL_ISA {

/// Asks for the lines of `Pixels` pixels far behind the one at `offset`, which are about to be written.
template <int Width, int Pixels>
inline __attribute__((always_inline)) void prefetch_result(const float* p, std::int64_t offset) {
  constexpr int line = 16;
  unrolled<(Pixels * Width + line - 1) / line>([&](auto i) __attribute__((always_inline)) {
    __builtin_prefetch(p + (offset + kAhead + i * line), 1);
  });
}

/// Copies rows of a plane. While one is copied, those far behind it are asked of the memory.
template <int Width>
struct CopiedRows {
  const float* plane;
  std::int64_t columns;

  void operator()(std::int64_t row, float* to, std::int64_t pixels) const {
    using V = Vectors<Width>;
    const float* from = plane + row * columns * Width;
    for (std::int64_t i = 0; i < pixels * Width; i += Width) {
      __builtin_prefetch(from + kAhead + i);
      V::store(to + i, V::load(from + i));
    }
  }
};

/// The last `Slots` rows of a plane that were asked for, with zeros at both ends, so that no pixel of a tile needs a check.
template <int Width, int Slots>
class PaddedRows {
 public:
  /// `memory` has room for `Slots` rows; `columns` are the plane's.
  PaddedRows(const DepthwiseRow& shape, std::int64_t columns, float* memory)
      : shape_(shape), filled_(std::min(columns, shape.columns - shape.before)), memory_(memory) {
    std::fill(memory, memory + Slots * shape.columns * Width, 0.0F);
  }

  /// Begins a plane: its rows from `row` on will be asked for.
  void start(std::int64_t row) { next_ = row; }

  /// Fills the rows before `end`: fill(row, memory of its first pixel, pixels) writes one.
  template <class Fill>
  void fill_until(std::int64_t end, const Fill& fill) {
    for (; next_ < end; ++next_) fill(next_, slot(next_) + shape_.before * Width, filled_);
  }

  /// The same rows of another plane, which stand so many floats behind these.
  PaddedRows shifted(std::int64_t floats) const {
    PaddedRows other = *this;
    other.memory_ += floats;
    return other;
  }

  /// A row, its zeros first.
  const float* row(std::int64_t row) const { return slot(row); }
  /// The same from its first pixel on.
  const float* pixels(std::int64_t row) const { return slot(row) + shape_.before * Width; }

 private:
  float* slot(std::int64_t row) const { return memory_ + row % Slots * shape_.columns * Width; }

  DepthwiseRow shape_;
  std::int64_t filled_;
  float* memory_;
  std::int64_t next_ = 0;
};

/// Rows of the kernel, half-open, that meet the input when its first row stands at the input's row `top`.
struct KernelRows {
  std::int64_t first, last;
};

inline KernelRows kernel_rows(const DepthwiseGeometry& g, std::int64_t top) {
  return {std::max<std::int64_t>(0, -top), std::min<std::int64_t>(g.kernel, g.in.height_pixels - top)};
}

/// Calls visit(kernel, stride) with the geometry's as constants.
template <class Visit>
void with_window(const DepthwiseGeometry& g, Visit visit) {
  const auto strided = [&](auto kernel) {
    g.stride == 1 ? visit(kernel, std::integral_constant<int, 1>()) : visit(kernel, std::integral_constant<int, 2>());
  };
  if (g.kernel == 3) return strided(std::integral_constant<int, 3>());
  if (g.kernel == 5) return strided(std::integral_constant<int, 5>());
  strided(std::integral_constant<int, 7>());
}

/// Calls visit(width, kernel, stride) with the geometry's as constants.
template <class Visit>
void with_constants(const DepthwiseGeometry& g, Visit visit) {
  with_window(g, [&](auto kernel, auto stride) {
    g.in.width == 16 ? visit(std::integral_constant<int, 16>(), kernel, stride) : visit(std::integral_constant<int, 8>(), kernel, stride);
  });
}

}  // namespace cnnctl::CNNCTL_ISA
