#include "engine/runtime/kernels/winograd.h"

#include <omp.h>

#include <algorithm>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/winograd_transforms.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

constexpr int kKernel = WinogradGeometry::kernel;
constexpr int kTile = WinogradGeometry::tile;

/// The part of an image that is worked on at a time: some rows of tiles.
struct Strip {
  std::int64_t image, first_row, rows;
};

Strip strip_of(const WinogradGeometry& g, std::int64_t unit) {
  const std::int64_t rows = winograd_strip_rows(g), strips = (g.tile_rows() + rows - 1) / rows;
  const std::int64_t first = unit % strips * rows;
  return {unit / strips, first, std::min(rows, g.tile_rows() - first)};
}

std::int64_t units(const WinogradGeometry& g) {
  const std::int64_t rows = winograd_strip_rows(g);
  return g.images * ((g.tile_rows() + rows - 1) / rows);
}

/// A strip's input with zeros around, so that tiles need no checks: [blocks of channels][rows of tiles * 2 + 4][columns * 2 + 4][Width].
template <int Width>
void pad_strip(const WinogradGeometry& g, const Strip& strip, const float* image, float* padded) {
  const std::int64_t height = strip.rows * kTile + kKernel - 1, width = g.tile_columns() * kTile + kKernel - 1;
  const std::int64_t blocks = g.in_channels / Width, columns = std::min(g.in_width, width - g.padding_left);
  std::fill(padded, padded + blocks * height * width * Width, 0.0F);
  for (std::int64_t block = 0; block < blocks; ++block)
    for (std::int64_t h = 0; h < height; ++h) {
      const std::int64_t row = strip.first_row * kTile + h - g.padding_top;
      if (row < 0 || row >= g.in_height) continue;
      const float* from = image + (block * g.in_height + row) * g.in_width * Width;
      std::copy(from, from + columns * Width, padded + ((block * height + h) * width + g.padding_left) * Width);
    }
}

/// The strip's input at the points: v[points][tiles][in channels]. All channels of a tile before the next one, so that whole cache lines
/// are written.
template <int Width>
void transform_input(const WinogradGeometry& g, const Strip& strip, const float* x, float* padded, float* v) {
  using V = Vectors<Width>;
  const std::int64_t height = strip.rows * kTile + kKernel - 1, width = g.tile_columns() * kTile + kKernel - 1;
  const std::int64_t stride = strip.rows * g.tile_columns() * g.in_channels;
  pad_strip<Width>(g, strip, x + strip.image * g.in_channels * g.in_height * g.in_width, padded);
  for (std::int64_t row = 0; row < strip.rows; ++row)
    for (std::int64_t column = 0; column < g.tile_columns(); ++column)
      for (std::int64_t block = 0; block < g.in_channels / Width; ++block, v += Width) {
        const float* corner = padded + ((block * height + row * kTile) * width + column * kTile) * Width;
        in_two_dimensions<typename V::Floats, kPoints, kPoints>(
            [&](auto i, auto j) { return V::load(corner + (i * width + j) * Width); },
            [&](auto i, auto j, auto value) { V::store(v + (i * kPoints + j) * stride, value); },
            [](const auto& from, auto& to) { transform_data(from, to); });
      }
}

/// result[row][Columns vectors] (+)= sum over k of left[row][k] * right[k][...], for Rows rows. Strides in floats.
template <int Width, int Rows, int Columns, bool Accumulate>
void multiply(const float* left, std::int64_t left_row, std::int64_t left_k, const float* right, std::int64_t right_k, std::int64_t count,
              float* result, std::int64_t result_row) {
  using V = Vectors<Width>;
  typename V::Floats sums[Rows][Columns];
  unrolled<Rows>([&](auto i) { unrolled<Columns>([&](auto c) { sums[i][c] = typename V::Floats{}; }); });
  for (std::int64_t k = 0; k < count; ++k) {
    typename V::Floats r[Columns];
    unrolled<Columns>([&](auto c) { r[c] = V::load(right + k * right_k + c * Width); });
    unrolled<Rows>([&](auto i) {
      const float l = left[i * left_row + k * left_k];
      unrolled<Columns>([&](auto c) { sums[i][c] += r[c] * l; });
    });
  }
  unrolled<Rows>([&](auto i) {
    unrolled<Columns>([&](auto c) {
      float* to = result + i * result_row + c * Width;
      V::store(to, Accumulate ? sums[i][c] + V::load(to) : sums[i][c]);
    });
  });
}

/// The same for any number of rows and a given number of vectors of columns, by pieces of at most Rows rows.
template <int Width, int Rows, int Columns, bool Accumulate>
void multiply_rows(const float* left, std::int64_t left_row, std::int64_t left_k, const float* right, std::int64_t right_k,
                   std::int64_t count, float* result, std::int64_t rows, std::int64_t result_row) {
  std::int64_t row = 0;
  for (; row + Rows <= rows; row += Rows)
    multiply<Width, Rows, Columns, Accumulate>(left + row * left_row, left_row, left_k, right, right_k, count, result + row * result_row,
                                               result_row);
  for (; row < rows; ++row)
    multiply<Width, 1, Columns, Accumulate>(left + row * left_row, left_row, left_k, right, right_k, count, result + row * result_row,
                                            result_row);
}

/// The same for any number of columns: two vectors of them at a time, and where one is left over, twice as many rows.
template <int Width, int Rows, bool Accumulate>
void multiply_all(const float* left, std::int64_t left_row, std::int64_t left_k, const float* right, std::int64_t right_k,
                  std::int64_t count, float* result, std::int64_t rows, std::int64_t columns) {
  std::int64_t c = 0;
  for (; c + 2 * Width <= columns; c += 2 * Width)
    multiply_rows<Width, Rows, 2, Accumulate>(left, left_row, left_k, right + c, right_k, count, result + c, rows, columns);
  if (c < columns)
    multiply_rows<Width, 2 * Rows, 1, Accumulate>(left, left_row, left_k, right + c, right_k, count, result + c, rows, columns);
}

/// From m[points][tiles][out channels] to the strip's outputs, with bias and relu.
template <int Width>
void transform_output(const WinogradGeometry& g, const Strip& strip, const float* m, const float* bias, bool relu, float* y) {
  using V = Vectors<Width>;
  const std::int64_t stride = strip.rows * g.tile_columns() * g.out_channels;
  float* image = y + strip.image * g.out_channels * g.out_height * g.out_width;
  for (std::int64_t h = strip.first_row * kTile; h < (strip.first_row + strip.rows) * kTile; h += kTile)
    for (std::int64_t w = 0; w < g.tile_columns() * kTile; w += kTile)
      for (std::int64_t block = 0; block < g.out_channels / Width; ++block, m += Width) {
        const auto shift = bias ? V::load(bias + block * Width) : typename V::Floats{};
        const auto store = [&](auto i, auto j, auto sum) {
          if (h + i >= g.out_height || w + j >= g.out_width) return;
          const auto value = sum + shift;
          V::store(image + ((block * g.out_height + h + i) * g.out_width + w + j) * Width,
                   relu ? (value < 0.0F ? typename V::Floats{} : value) : value);
        };
        in_two_dimensions<typename V::Floats, kPoints, kTile>([&](auto i, auto j) { return V::load(m + (i * kPoints + j) * stride); },
                                                              store, [](const auto& from, auto& to) { transform_result<kTile>(from, to); });
      }
}

template <int Width>
void forward(const WinogradGeometry& g, const float* x, const float* u, const float* bias, bool relu, float* y, float* scratch) {
  constexpr int rows = 6;  // with two vectors of columns, twelve accumulators: enough to keep two multipliers busy
  const std::int64_t part = winograd_forward_scratch(g), most_tiles = winograd_strip_rows(g) * g.tile_columns();
#pragma omp parallel num_threads(g.threads)
  {
    float* v = scratch + omp_get_thread_num() * part;
    float* m = v + WinogradGeometry::points * most_tiles * g.in_channels;
    float* padded = m + WinogradGeometry::points * most_tiles * g.out_channels;
#pragma omp for schedule(static)
    for (std::int64_t unit = 0; unit < units(g); ++unit) {
      const Strip strip = strip_of(g, unit);
      const std::int64_t tiles = strip.rows * g.tile_columns();
      transform_input<Width>(g, strip, x, padded, v);
      for (std::int64_t p = 0; p < WinogradGeometry::points; ++p)
        multiply_all<Width, rows, false>(v + p * tiles * g.in_channels, g.in_channels, 1, u + p * g.in_channels * g.out_channels,
                                         g.out_channels, g.in_channels, m + p * tiles * g.out_channels, tiles, g.out_channels);
      transform_output<Width>(g, strip, m, bias, relu, y);
    }
  }
}

/// The strip's output gradient at the points: z[points][tiles][out channels]; and its sums a channel, added to db.
template <int Width>
void transform_gradient(const WinogradGeometry& g, const Strip& strip, const float* dy, float* z, float* db) {
  using V = Vectors<Width>;
  const std::int64_t stride = strip.rows * g.tile_columns() * g.out_channels;
  const float* image = dy + strip.image * g.out_channels * g.out_height * g.out_width;
  for (std::int64_t h = strip.first_row * kTile; h < (strip.first_row + strip.rows) * kTile; h += kTile)
    for (std::int64_t w = 0; w < g.tile_columns() * kTile; w += kTile)
      for (std::int64_t block = 0; block < g.out_channels / Width; ++block, z += Width) {
        auto sum = V::load(db + block * Width);
        const auto load = [&](auto i, auto j) {
          if (h + i >= g.out_height || w + j >= g.out_width) return typename V::Floats{};
          const auto value = V::load(image + ((block * g.out_height + h + i) * g.out_width + w + j) * Width);
          sum += value;
          return value;
        };
        in_two_dimensions<typename V::Floats, kTile, kPoints>(
            load, [&](auto i, auto j, auto value) { V::store(z + (i * kPoints + j) * stride, value); },
            [](const auto& from, auto& to) { transform_filter<kTile>(from, to); });
        V::store(db + block * Width, sum);
      }
}

/// One input channel's weights from the threads' sums at the points, to dw[in][5][5][out].
template <int Width>
void finish_weights(const WinogradGeometry& g, std::int64_t ci, const float* sums, std::int64_t part, int threads, float* dw) {
  using V = Vectors<Width>;
  for (std::int64_t co = 0; co < g.out_channels; co += Width) {
    const auto total = [&](auto i, auto j) {
      const float* at = sums + ((i * kPoints + j) * g.in_channels + ci) * g.out_channels + co;
      auto sum = V::load(at);
      for (int t = 1; t < threads; ++t) sum += V::load(at + t * part);
      return sum;
    };
    float* to = dw + ci * kKernel * kKernel * g.out_channels + co;
    in_two_dimensions<typename V::Floats, kPoints, kKernel>(
        total, [&](auto i, auto j, auto value) { V::store(to + (i * kKernel + j) * g.out_channels, value); },
        [](const auto& from, auto& into) { transform_result<kKernel>(from, into); });
  }
}

template <int Width>
void backward_weights(const WinogradGeometry& g, const float* x, const float* dy, float* dw, float* db, float* scratch) {
  constexpr int rows = 4;  // divides every number of channels
  const std::int64_t part = winograd_weights_scratch(g), most_tiles = winograd_strip_rows(g) * g.tile_columns();
  int threads = 1;
#pragma omp parallel num_threads(g.threads)
  {
#pragma omp single
    threads = omp_get_num_threads();
    float* sums = scratch + omp_get_thread_num() * part;
    float* bias = sums + g.weights();
    float* v = bias + g.out_channels;
    float* z = v + WinogradGeometry::points * most_tiles * g.in_channels;
    float* padded = z + WinogradGeometry::points * most_tiles * g.out_channels;
    std::fill(sums, sums + g.weights() + g.out_channels, 0.0F);
#pragma omp for schedule(static)
    for (std::int64_t unit = 0; unit < units(g); ++unit) {
      const Strip strip = strip_of(g, unit);
      const std::int64_t tiles = strip.rows * g.tile_columns();
      transform_input<Width>(g, strip, x, padded, v);
      transform_gradient<Width>(g, strip, dy, z, bias);
      for (std::int64_t p = 0; p < WinogradGeometry::points; ++p)
        multiply_all<Width, rows, true>(v + p * tiles * g.in_channels, 1, g.in_channels, z + p * tiles * g.out_channels, g.out_channels,
                                        tiles, sums + p * g.in_channels * g.out_channels, g.in_channels, g.out_channels);
    }
#pragma omp for schedule(static)
    for (std::int64_t ci = 0; ci < g.in_channels; ++ci) finish_weights<Width>(g, ci, scratch, part, threads, dw);
  }
  if (!db) return;
  for (std::int64_t c = 0; c < g.out_channels; ++c) {
    db[c] = 0;
    for (int t = 0; t < threads; ++t) db[c] += scratch[t * part + g.weights() + c];
  }
}

/// A vector of `Width` numbers `stride` apart.
template <int Width>
typename Vectors<Width>::Floats gather(const float* from, std::int64_t stride) {
  float values[Width];
  for (int i = 0; i < Width; ++i) values[i] = from[i * stride];
  return Vectors<Width>::load(values);
}

/// u[points][rows][columns] of w[in][5][5][out]: rows are input channels; or, for the transposed convolution, output channels and the
/// kernel turned by 180 degrees.
template <int Width>
void weights(const WinogradGeometry& g, const float* w, bool transposed, float* u) {
  using V = Vectors<Width>;
  const std::int64_t rows = transposed ? g.out_channels : g.in_channels, columns = transposed ? g.in_channels : g.out_channels;
  const std::int64_t in_stride = kKernel * kKernel * g.out_channels;
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; column += Width) {
      const auto load = [&](auto i, auto j) {
        constexpr int last = kKernel * kKernel - 1;
        const int tap = i * kKernel + j;
        return transposed ? gather<Width>(w + column * in_stride + (last - tap) * g.out_channels + row, in_stride)
                          : V::load(w + row * in_stride + tap * g.out_channels + column);
      };
      in_two_dimensions<typename V::Floats, kKernel, kPoints>(
          load, [&](auto i, auto j, auto value) { V::store(u + ((i * kPoints + j) * rows + row) * columns + column, value); },
          [](const auto& from, auto& to) { transform_filter<kKernel>(from, to); });
    }
}

}  // namespace

void winograd_weights(const WinogradGeometry& geometry, const float* w, bool transposed, float* u) {
  geometry.width == 16 ? weights<16>(geometry, w, transposed, u) : weights<8>(geometry, w, transposed, u);
}

void winograd_forward(const WinogradGeometry& geometry, const float* x, const float* u, const float* bias, bool relu, float* y,
                      float* scratch) {
  geometry.width == 16 ? forward<16>(geometry, x, u, bias, relu, y, scratch) : forward<8>(geometry, x, u, bias, relu, y, scratch);
}

void winograd_backward_weights(const WinogradGeometry& geometry, const float* x, const float* dy, float* dw, float* db, float* scratch) {
  geometry.width == 16 ? backward_weights<16>(geometry, x, dy, dw, db, scratch) : backward_weights<8>(geometry, x, dy, dw, db, scratch);
}

}  // namespace cnnctl::CNNCTL_ISA
