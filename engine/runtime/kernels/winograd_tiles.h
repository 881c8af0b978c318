#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/kernels/vectors.h"
#include "engine/runtime/kernels/winograd_transforms.h"

namespace cnnctl::CNNCTL_ISA {

/// The tiles [first, last) of all that a batch has, counted image by image and row by row.
struct TileRange {
  std::int64_t first, last;
  std::int64_t count() const { return last - first; }
};

/// Where one tile's outputs begin.
struct Tile {
  std::int64_t image, row, column;
};

inline Tile tile_at(const WinogradGeometry& g, std::int64_t index) {
  const std::int64_t columns = g.tile_columns(), of_image = g.tile_rows() * columns;
  return {index / of_image, index % of_image / columns * g.tile(), index % columns * g.tile()};
}

/// Numbers of a channel block at the points, for some tiles: [points][panels][tiles][panel].
struct AtPoints {
  AtPoints(const WinogradGeometry& g, float* memory, std::int64_t most_tiles, std::int64_t channels)
      : numbers(memory), tiles(most_tiles), stride(winograd_point_stride(g, most_tiles, channels)) {}

  float* numbers;
  std::int64_t tiles;
  std::int64_t stride;  // from point to point

  float* end() const { return numbers + WinogradGeometry::points * stride; }

  template <int Width>
  float* at(std::int64_t tile, std::int64_t block) const {
    return numbers + (block / 2 * tiles + tile) * 2 * Width + block % 2 * Width;
  }
  template <int Width>
  float* panel(std::int64_t point, std::int64_t index) const {
    return numbers + point * stride + index * tiles * 2 * Width;
  }
};

/// A square of `Size` pixels of one channel block whose first pixel is (row, column) of a map, zeros where it reaches over the map's
/// edges: in the map itself, or copied to `border`.
template <int Width, int Size>
struct Square {
  Square(const float* map, std::int64_t height, std::int64_t width, std::int64_t row, std::int64_t column, float* border)
      : pixels(map + (row * width + column) * Width), stride(width * Width) {
    if (row >= 0 && column >= 0 && row + Size <= height && column + Size <= width) return;
    using V = Vectors<Width>;
    for (std::int64_t i = 0; i < Size; ++i)
      for (std::int64_t j = 0; j < Size; ++j) {
        const std::int64_t h = row + i, w = column + j;
        const bool inside = h >= 0 && h < height && w >= 0 && w < width;
        V::store(border + (i * Size + j) * Width, inside ? V::load(map + (h * width + w) * Width) : typename V::Floats{});
      }
    pixels = border;
    stride = Size * Width;
  }
  typename Vectors<Width>::Floats at(int i, int j) const { return Vectors<Width>::load(pixels + i * stride + j * Width); }

  const float* pixels;
  std::int64_t stride;
};

/// Asks for the pixels that the tile below will read or write first, which stand `rows` rows below this tile's first pixel: rows of a map
/// are too many streams for the hardware to foresee.
template <int Width, bool Write>
void prefetch_tile_below(const float* pixel, std::int64_t rows, std::int64_t width, std::int64_t tile) {
  constexpr std::int64_t line = 16;
  for (std::int64_t i = 0; i < tile; ++i)
    for (std::int64_t at = 0; at < tile * Width; at += line) __builtin_prefetch(pixel + (rows + i) * width * Width + at, Write ? 1 : 0);
}

/// One channel block of one tile's input at the points.
template <int Width>
void transform_input_tile(const WinogradGeometry& g, const Tile& tile, const float* map, float* to, std::int64_t stride) {
  using V = Vectors<Width>;
  float border[kPoints * kPoints * Width];
  prefetch_tile_below<Width, false>(map + (tile.row * g.in_width + tile.column) * Width, kPoints, g.in_width, g.tile());
  const Square<Width, kPoints> square(map, g.in_height, g.in_width, tile.row - g.padding_top, tile.column - g.padding_left, border);
  in_two_dimensions<typename V::Floats, kPoints, kPoints>(
      [&](auto i, auto j) { return square.at(i, j); },
      [&](auto i, auto j, auto value) { V::store(to + (i * kPoints + j) * stride, value); },
      [](const auto& from, auto& into) { transform_data(from, into); });
}

/// Some channel blocks of the input of some tiles at the points. Block by block, so that few rows of the map are read at a time.
template <int Width>
void transform_input(const WinogradGeometry& g, const TileRange& range, std::int64_t first_block, std::int64_t last_block, const float* x,
                     const AtPoints& v) {
  const std::int64_t blocks = g.in_channels / Width, plane = g.in_height * g.in_width * Width;
  for (std::int64_t block = first_block; block < last_block; ++block)
    for (std::int64_t t = range.first; t < range.last; ++t) {
      const Tile tile = tile_at(g, t);
      transform_input_tile<Width>(g, tile, x + (tile.image * blocks + block) * plane, v.at<Width>(t - range.first, block), v.stride);
    }
}

/// One channel block of one tile from the points to its outputs.
template <int Width, int Kernel>
void transform_output_tile(const WinogradGeometry& g, const Tile& tile, const float* from, std::int64_t stride,
                           const ResultOperations& operations, std::int64_t block, float* y) {
  using V = Vectors<Width>;
  constexpr int outputs = 7 - Kernel;
  const std::int64_t plane = (tile.image * (g.out_channels / Width) + block) * g.out_height * g.out_width * Width;
  const std::int64_t rows = g.out_height - tile.row, columns = g.out_width - tile.column;
  prefetch_tile_below<Width, true>(y + plane + (tile.row * g.out_width + tile.column) * Width, outputs, g.out_width, outputs);
  const auto shift = operations.bias ? V::load(operations.bias + block * Width) : typename V::Floats{};
  const auto store = [&](auto i, auto j, auto sum) {
    if (i >= rows || j >= columns) return;
    const std::int64_t at = plane + ((tile.row + i) * g.out_width + tile.column + j) * Width;
    auto value = sum + shift;
    if (operations.residual) value += V::load(operations.residual + at);
    V::store(y + at, operations.relu ? (value < 0.0F ? typename V::Floats{} : value) : value);
  };
  in_two_dimensions<typename V::Floats, kPoints, outputs>([&](auto i, auto j) { return V::load(from + (i * kPoints + j) * stride); }, store,
                                                          [](const auto& in, auto& out) { transform_result<outputs>(in, out); });
}

/// One channel block of one tile's output gradient at the points; its sums a channel are added to `sum`.
template <int Width, int Kernel>
void transform_gradient_tile(const WinogradGeometry& g, const Tile& tile, const float* map, float* to, std::int64_t stride,
                             typename Vectors<Width>::Floats& sum) {
  using V = Vectors<Width>;
  constexpr int outputs = 7 - Kernel;
  float border[outputs * outputs * Width];
  prefetch_tile_below<Width, false>(map + (tile.row * g.out_width + tile.column) * Width, outputs, g.out_width, outputs);
  const Square<Width, outputs> square(map, g.out_height, g.out_width, tile.row, tile.column, border);
  const auto load = [&](auto i, auto j) {
    const auto value = square.at(i, j);
    sum += value;
    return value;
  };
  in_two_dimensions<typename V::Floats, outputs, kPoints>(
      load, [&](auto i, auto j, auto value) { V::store(to + (i * kPoints + j) * stride, value); },
      [](const auto& from, auto& into) { transform_filter<outputs>(from, into); });
}

}  // namespace cnnctl::CNNCTL_ISA
