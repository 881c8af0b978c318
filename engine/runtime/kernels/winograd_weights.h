#pragma once

#include <cstdint>

#include "engine/runtime/kernels/vectors.h"
#include "engine/runtime/kernels/winograd.h"
#include "engine/runtime/kernels/winograd_tiles.h"

namespace cnnctl::CNNCTL_ISA {

/// A convolution's weights [in][kernel][kernel][out] as its forward pass reads them; or, `transposed`, as the convolution that is its
/// backward pass by data does: input and output channels change places, and the kernel is turned by 180 degrees.
struct WeightsView {
  const float* numbers;
  bool transposed;
};

/// The taps of `Width` rows (input channels) by as many columns (output channels), from the first of each: taps[row][tap][column].
template <int Width, int Kernel>
void gather_taps(const WinogradGeometry& g, const WeightsView& w, std::int64_t row, std::int64_t column, float* taps) {
  using V = Vectors<Width>;
  constexpr int count = Kernel * Kernel;
  for (int tap = 0; tap < count; ++tap) {
    typename V::Floats square[Width];
    if (w.transposed) {
      const float* from = w.numbers + (column * count + count - 1 - tap) * g.in_channels + row;
      unrolled<Width>([&](auto c) { square[c] = V::load(from + c * count * g.in_channels); });
      V::transpose(square);
    } else {
      const float* from = w.numbers + (row * count + tap) * g.out_channels + column;
      unrolled<Width>([&](auto r) { square[r] = V::load(from + r * count * g.out_channels); });
    }
    unrolled<Width>([&](auto r) { V::store(taps + (r * count + tap) * Width, square[r]); });
  }
}

/// `Width` rows of one panel's weights at the points, in words: u[points, `stride` apart][row / numbers of a word][panel].
template <int Width, int Kernel>
void transform_weights(const WinogradGeometry& g, const WeightsView& w, std::int64_t row, std::int64_t panel, float* u,
                       std::int64_t stride) {
  using V = Vectors<Width>;
  constexpr int count = Kernel * Kernel;
  float taps[Width * count * Width];
  for (std::int64_t half = 0; half < 2; ++half) {
    const std::int64_t column = (2 * panel + half) * Width;
    if (column >= g.out_channels) return;
    gather_taps<Width, Kernel>(g, w, row, column, taps);
    const auto transform = [&](std::int64_t r, const auto& store) {
      in_two_dimensions<typename V::Floats, Kernel, kPoints>(
          [&](auto i, auto j) { return V::load(taps + (r * count + i * Kernel + j) * Width); }, store,
          [](const auto& from, auto& into) { transform_filter<Kernel>(from, into); });
    };
    transform_to_words<Width>(Width, u + row / Words::numbers * 2 * Width + half * Width, stride, transform);
  }
}

}  // namespace cnnctl::CNNCTL_ISA
