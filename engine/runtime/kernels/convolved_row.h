#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/limits.h"
#include "engine/runtime/kernels/matrix_product.h"
#include "engine/runtime/kernels/moments.h"
#include "engine/runtime/kernels/pointwise.h"

namespace cnnctl::CNNCTL_ISA {

/// A row of a 1x1 convolution's result, a block of channels at a time: `y` is the first block's row, the others follow `next_block` floats
/// apart, and `residual`, if any, likewise. `streams`: the result goes past the caches, in whole lines. `moments`, unless nullptr, are
/// those of the image's planes up to the row, which are taken further; `before` says how many pixels that are.
struct ResultRow {
  float* y;
  std::int64_t next_block;
  const float* residual = nullptr;
  bool streams = false;
  float* moments = nullptr;
  std::int64_t before = 0;
};

/// A convolution along a row of pixels, of all that `inputs` numbers a pixel say. Of a 1x1 convolution these are the pixel's channels,
/// whose blocks stand `in.next_run` floats apart.
template <int Width>
class ConvolvedRow {
  using V = Vectors<Width>;

 public:
  ConvolvedRow(const ConvolutionNumbers& numbers, std::int64_t inputs, const ChannelLayout& out,
               const std::optional<EltwiseLoop>& activation)
      : numbers_(numbers), inputs_(inputs), out_(out), finish_(activation) {}

  template <int Row, int Run>
  void operator()(const LeftSide<Row, 1, Run>& in, RowPlace place, const ResultRow& out, std::int64_t pixels) const {
    for (std::int64_t block = 0; block < out_.blocks; block += 2) pair(in, place, block, out, pixels);
  }

  /// Two blocks of the result alone, `block` and the next, if there is one.
  template <int Row, int Run>
  void pair(const LeftSide<Row, 1, Run>& in, RowPlace place, std::int64_t block, const ResultRow& out, std::int64_t pixels) const {
    const float* const panel = numbers_.weights + block * Width * inputs_;
    const bool ahead = place == RowPlace::memory && block == 0;
    const std::int64_t end = std::min(block + 2, out_.blocks);
    end - block == 2 ? columns<2>(in, ahead, panel, block, out, pixels) : columns<1>(in, ahead, panel, block, out, pixels);
    for (; block < end; ++block) finish_(out.y + block * out.next_block, pixels * Width);
  }

 private:
  // Not inlined: it is large, and called in each of the loops over rows.
  template <int Columns, int Row, int Run>
  __attribute__((noinline)) void columns(const LeftSide<Row, 1, Run>& in, bool ahead, const float* panel, std::int64_t block,
                                         const ResultRow& out, std::int64_t pixels) const {
    const auto bias = [&](int c) { return ChannelBlocks<Width>::load_channels(numbers_.bias, 0, out_, block + c); };
    const typename V::Floats start[2] = {bias(0), Columns > 1 ? bias(1) : typename V::Floats{}};
    in_pieces<kPixels<Width>>(pixels, [&](auto rows, std::int64_t first) {
      const LeftSide<Row, 1, Run> part{in.numbers + first * Row, in.run, in.next_run};
      ahead ? multiply_pixels<rows, Columns, 2 * kPixels<Width>>(part, panel, start, out, block, first)
            : multiply_pixels<rows, Columns, 0>(part, panel, start, out, block, first);
    });
  }

  template <int Rows, int Columns, int Ahead, int Row, int Run>
  void multiply_pixels(const LeftSide<Row, 1, Run>& in, const float* panel, const typename V::Floats (&start)[2], const ResultRow& out,
                       std::int64_t block, std::int64_t first) const {
    const Limits limits = finish_.limits();
    const auto store = [&](const auto& sums) __attribute__((always_inline)) {
      unrolled<Rows>([&](auto i) {
        unrolled<Columns>([&](auto c) {
          const std::int64_t place = (block + c) * out.next_block + (first + i) * Width;
          const auto sum = limits(out.residual == nullptr ? sums[i][c] : sums[i][c] + V::load(out.residual + place));
          out.streams ? V::stream(out.y + place, sum) : V::store(out.y + place, sum);
        });
      });
      if (out.moments == nullptr) return;
      unrolled<Columns>([&](auto c) {
        PlaneMoments<Width> plane(out.moments + (block + c) * 2 * Width, out.before + first);
        plane.template add<Rows>([&](auto i) { return sums[i][c]; });
      });
    };
    multiply_and_store<Width, Rows, Columns, Ahead>(in, panel, inputs_, start, store);
  }

  ConvolutionNumbers numbers_;
  std::int64_t inputs_;
  const ChannelLayout& out_;
  Finish<Width> finish_;
};

}  // namespace cnnctl::CNNCTL_ISA
