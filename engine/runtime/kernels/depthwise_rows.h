#pragma once

#include <algorithm>

#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/depthwise.h"

namespace cnnctl::CNNCTL_ISA {

// Floats that are asked of the memory before they are needed: what arrives in the time that it takes to answer, and some more.
constexpr std::int64_t kAhead = 3072;

/// Asks for the lines of `Pixels` pixels far behind the one at `offset`, which are about to be written.
template <int Width, int Pixels>
inline __attribute__((always_inline)) void prefetch_result(const float* p, std::int64_t offset) {
  constexpr int line = 16;
  unrolled<(Pixels * Width + line - 1) / line>([&](auto i) __attribute__((always_inline)) {
    __builtin_prefetch(p + (offset + kAhead + i * line), 1);
  });
}

/// The last `Slots` rows of a plane that were asked for, as copies with zeros at both ends, so that no pixel of a tile needs a check. While
/// rows are copied, those far behind them are asked of the memory.
template <int Width, int Slots>
class PaddedRows {
 public:
  /// `memory` has room for `Slots` copies; `columns` are the plane's.
  PaddedRows(const DepthwiseRow& shape, std::int64_t columns, float* memory)
      : shape_(shape), columns_(columns), copied_(std::min(columns, shape.columns - shape.before)), memory_(memory) {
    std::fill(memory, memory + Slots * shape.columns * Width, 0.0F);
  }

  /// Begins a plane: its rows from `row` on will be asked for.
  void start(const float* plane, std::int64_t row) {
    plane_ = plane;
    next_ = row;
  }
  bool is_at(const float* plane) const { return plane_ == plane; }

  /// Copies the rows before `end`.
  void copy_until(std::int64_t end) {
    using V = Vectors<Width>;
    for (; next_ < end; ++next_) {
      const float* from = plane_ + next_ * columns_ * Width;
      float* to = slot(next_) + shape_.before * Width;
      for (std::int64_t i = 0; i < copied_; ++i) {
        __builtin_prefetch(from + kAhead + i * Width);
        V::store(to + i * Width, V::load(from + i * Width));
      }
    }
  }

  /// A row's copy, its zeros first.
  const float* row(std::int64_t row) const { return slot(row); }
  /// The same from its first pixel on.
  const float* pixels(std::int64_t row) const { return slot(row) + shape_.before * Width; }

 private:
  float* slot(std::int64_t row) const { return memory_ + row % Slots * shape_.columns * Width; }

  DepthwiseRow shape_;
  std::int64_t columns_, copied_;
  float* memory_;
  const float* plane_ = nullptr;
  std::int64_t next_ = 0;
};

/// Rows of the kernel, half-open, that meet the input when its first row stands at the input's row `top`.
struct KernelRows {
  std::int64_t first, last;
};

inline KernelRows kernel_rows(const DepthwiseGeometry& g, std::int64_t top) {
  return {std::max<std::int64_t>(0, -top), std::min<std::int64_t>(g.kernel, g.in.height_pixels - top)};
}

/// Calls visit(width, kernel, stride) with the geometry's as constants.
template <class Visit>
void with_constants(const DepthwiseGeometry& g, Visit visit) {
  const auto strided = [&](auto width, auto kernel) {
    g.stride == 1 ? visit(width, kernel, std::integral_constant<int, 1>()) : visit(width, kernel, std::integral_constant<int, 2>());
  };
  const auto sized = [&](auto width) {
    if (g.kernel == 3) return strided(width, std::integral_constant<int, 3>());
    if (g.kernel == 5) return strided(width, std::integral_constant<int, 5>());
    strided(width, std::integral_constant<int, 7>());
  };
  g.in.width == 16 ? sized(std::integral_constant<int, 16>()) : sized(std::integral_constant<int, 8>());
}

}  // namespace cnnctl::CNNCTL_ISA
