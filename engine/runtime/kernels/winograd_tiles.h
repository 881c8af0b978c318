#pragma once

#include <cstdint>
#include <type_traits>

#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/kernels/vectors.h"
#include "engine/runtime/kernels/winograd_transforms.h"
#include "engine/runtime/kernels/words.h"

namespace cnnctl::CNNCTL_ISA {

/// Calls visit(block width, kernel), both as constants.
template <class Visit>
void with_sizes(const WinogradGeometry& g, const Visit& visit) {
  const auto with_kernel = [&](auto width) {
    g.kernel == 3 ? visit(width, std::integral_constant<int, 3>()) : visit(width, std::integral_constant<int, 5>());
  };
  if constexpr (Words::numbers == 1)
    if (g.width == 8) return with_kernel(std::integral_constant<int, 8>());
  with_kernel(std::integral_constant<int, 16>());
}

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

/// Panels of channels at the points, in words: [points][panels][rows][row].
struct AtPoints {
  AtPoints(float* memory, std::int64_t panels, std::int64_t row_count, std::int64_t row_words)
      : words(memory), rows(row_count), row(row_words), stride(winograd_point_stride(panels * rows * row)) {}

  float* words;
  std::int64_t rows;
  std::int64_t row;
  std::int64_t stride;  // from point to point

  float* end() const { return words + WinogradGeometry::points * stride; }
  float* at(std::int64_t index, std::int64_t block) const { return words + (block / 2 * rows + index) * row + block % 2 * row / 2; }
  float* panel(std::int64_t point, std::int64_t index) const { return words + point * stride + index * rows * row; }
};

/// Words of one vector's lanes at the points, each of so many numbers as a word has: transform(i, store) gives the i-th of `count` numbers
/// to store(row, column, value). Behind the last one stand zeros. Words are two vectors apart.
template <int Width, class Of = Words, class Transform>
void transform_to_words(std::int64_t count, float* to, std::int64_t stride, const Transform& transform) {
  using V = Vectors<Width>;
  for (std::int64_t i = 0; i < count; i += Of::numbers, to += 2 * Width) {
    if constexpr (Of::numbers == 1) {
      transform(i, [&](auto row, auto column, const auto& value) { V::store(to + (row * kPoints + column) * stride, value); });
    } else {
      typename V::Floats first[kPoints * kPoints];
      transform(i, [&](auto row, auto column, const auto& value) { first[row * kPoints + column] = value; });
      const auto join = [&](auto row, auto column, const auto& value) {
        V::store(to + (row * kPoints + column) * stride, Of::join(first[row * kPoints + column], value));
      };
      if (i + 1 < count)
        transform(i + 1, join);
      else
        for (int row = 0; row < kPoints; ++row)
          for (int column = 0; column < kPoints; ++column) join(row, column, typename V::Floats{});
    }
  }
}

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

/// store(row, column, one channel block of one tile's input at that point).
template <int Width, class Store>
void transform_input_tile(const WinogradGeometry& g, const Tile& tile, const float* map, const Store& store) {
  float border[kPoints * kPoints * Width];
  prefetch_tile_below<Width, false>(map + (tile.row * g.in_width + tile.column) * Width, kPoints, g.in_width, g.tile());
  const Square<Width, kPoints> square(map, g.in_height, g.in_width, tile.row - g.padding_top, tile.column - g.padding_left, border);
  in_two_dimensions<typename Vectors<Width>::Floats, kPoints, kPoints>([&](auto i, auto j) { return square.at(i, j); }, store,
                                                                       [](const auto& from, auto& into) { transform_data(from, into); });
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
    V::store(y + at, operations.relu ? maximum(typename V::Floats{}, value) : value);
  };
  in_two_dimensions<typename V::Floats, kPoints, outputs>([&](auto i, auto j) { return V::load(from + (i * kPoints + j) * stride); }, store,
                                                          [](const auto& in, auto& out) { transform_result<outputs>(in, out); });
}

/// store(row, column, one channel block of one tile's output gradient at that point); its sums a channel are added to `sum`.
template <int Width, int Kernel, class Store>
void transform_gradient_tile(const WinogradGeometry& g, const Tile& tile, const float* map, typename Vectors<Width>::Floats& sum,
                             const Store& store) {
  constexpr int outputs = 7 - Kernel;
  float border[outputs * outputs * Width];
  prefetch_tile_below<Width, false>(map + (tile.row * g.out_width + tile.column) * Width, outputs, g.out_width, outputs);
  const Square<Width, outputs> square(map, g.out_height, g.out_width, tile.row, tile.column, border);
  const auto load = [&](auto i, auto j) {
    const auto value = square.at(i, j);
    sum += value;
    return value;
  };
  in_two_dimensions<typename Vectors<Width>::Floats, outputs, kPoints>(
      load, store, [](const auto& from, auto& into) { transform_filter<outputs>(from, into); });
}

}  // namespace cnnctl::CNNCTL_ISA
