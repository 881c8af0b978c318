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

/// One block of channels of a strip's input with zeros around, so that tiles need no checks: [rows of tiles * 2 + 4][columns * 2 +
/// 4][Width].
template <int Width>
void pad_strip(const WinogradGeometry& g, const Strip& strip, const float* plane, float* padded) {
  const std::int64_t height = strip.rows * kTile + kKernel - 1, width = g.tile_columns() * kTile + kKernel - 1;
  std::fill(padded, padded + height * width * Width, 0.0F);
  const std::int64_t columns = std::min(g.in_width, width - g.padding_left);
  for (std::int64_t h = 0; h < height; ++h) {
    const std::int64_t row = strip.first_row * kTile + h - g.padding_top;
    if (row < 0 || row >= g.in_height) continue;
    const float* from = plane + row * g.in_width * Width;
    std::copy(from, from + columns * Width, padded + (h * width + g.padding_left) * Width);
  }
}

/// The strip's input at the points: v[points][tiles][in channels].
template <int Width>
void transform_input(const WinogradGeometry& g, const Strip& strip, const float* x, float* padded, float* v) {
  using V = Vectors<Width>;
  const std::int64_t tiles = strip.rows * g.tile_columns(), width = g.tile_columns() * kTile + kKernel - 1;
  for (std::int64_t block = 0; block < g.in_channels / Width; ++block) {
    pad_strip<Width>(g, strip, x + (strip.image * (g.in_channels / Width) + block) * g.in_height * g.in_width * Width, padded);
    for (std::int64_t t = 0; t < tiles; ++t) {
      const float* corner = padded + (t / g.tile_columns() * kTile * width + t % g.tile_columns() * kTile) * Width;
      typename V::Floats d[kPoints][kPoints], out[kPoints][kPoints];
      for (int i = 0; i < kPoints; ++i)
        for (int j = 0; j < kPoints; ++j) d[i][j] = V::load(corner + (i * width + j) * Width);
      in_two_dimensions(d, out, [](const auto& from, auto& to) { transform_data(from, to); });
      for (int i = 0; i < kPoints; ++i)
        for (int j = 0; j < kPoints; ++j) V::store(v + ((i * kPoints + j) * tiles + t) * g.in_channels + block * Width, out[i][j]);
    }
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

/// The same for any number of rows and columns, by pieces that fit the registers.
template <int Width, int Rows, bool Accumulate>
void multiply_all(const float* left, std::int64_t left_row, std::int64_t left_k, const float* right, std::int64_t right_k,
                  std::int64_t count, float* result, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t c = 0; c < columns; c += 2 * Width) {
    const bool two = c + 2 * Width <= columns;
    std::int64_t row = 0;
    for (; row + Rows <= rows; row += Rows) {
      const auto piece = two ? multiply<Width, Rows, 2, Accumulate> : multiply<Width, Rows, 1, Accumulate>;
      piece(left + row * left_row, left_row, left_k, right + c, right_k, count, result + row * columns + c, columns);
    }
    for (; row < rows; ++row) {
      const auto piece = two ? multiply<Width, 1, 2, Accumulate> : multiply<Width, 1, 1, Accumulate>;
      piece(left + row * left_row, left_row, left_k, right + c, right_k, count, result + row * columns + c, columns);
    }
  }
}

/// From m[points][tiles][out channels] to the strip's outputs, with bias and relu.
template <int Width>
void transform_output(const WinogradGeometry& g, const Strip& strip, const float* m, const float* bias, bool relu, float* y) {
  using V = Vectors<Width>;
  const std::int64_t tiles = strip.rows * g.tile_columns();
  for (std::int64_t block = 0; block < g.out_channels / Width; ++block) {
    float* plane = y + (strip.image * (g.out_channels / Width) + block) * g.out_height * g.out_width * Width;
    const auto shift = bias ? V::load(bias + block * Width) : typename V::Floats{};
    for (std::int64_t t = 0; t < tiles; ++t) {
      typename V::Floats in[kPoints][kPoints], out[kTile][kTile];
      for (int i = 0; i < kPoints; ++i)
        for (int j = 0; j < kPoints; ++j) in[i][j] = V::load(m + ((i * kPoints + j) * tiles + t) * g.out_channels + block * Width);
      in_two_dimensions(in, out, [](const auto& from, auto& to) { transform_result<kTile>(from, to); });
      for (int i = 0; i < kTile; ++i)
        for (int j = 0; j < kTile; ++j) {
          const std::int64_t h = (strip.first_row + t / g.tile_columns()) * kTile + i, w = t % g.tile_columns() * kTile + j;
          if (h >= g.out_height || w >= g.out_width) continue;
          const auto value = out[i][j] + shift;
          V::store(plane + (h * g.out_width + w) * Width, relu ? (value > 0.0F ? value : typename V::Floats{}) : value);
        }
    }
  }
}

template <int Width>
void forward(const WinogradGeometry& g, const float* x, const float* u, const float* bias, bool relu, float* y, float* scratch) {
  constexpr int rows = 6;  // with two vectors of columns, twelve accumulators: enough to keep two multipliers busy
  const std::int64_t part = winograd_forward_scratch(g), most_tiles = winograd_strip_rows(g) * g.tile_columns();
#pragma omp parallel
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
  const std::int64_t tiles = strip.rows * g.tile_columns();
  for (std::int64_t block = 0; block < g.out_channels / Width; ++block) {
    const float* plane = dy + (strip.image * (g.out_channels / Width) + block) * g.out_height * g.out_width * Width;
    auto sum = V::load(db + block * Width);
    for (std::int64_t t = 0; t < tiles; ++t) {
      typename V::Floats in[kTile][kTile], out[kPoints][kPoints];
      for (int i = 0; i < kTile; ++i)
        for (int j = 0; j < kTile; ++j) {
          const std::int64_t h = (strip.first_row + t / g.tile_columns()) * kTile + i, w = t % g.tile_columns() * kTile + j;
          const bool inside = h < g.out_height && w < g.out_width;
          in[i][j] = inside ? V::load(plane + (h * g.out_width + w) * Width) : typename V::Floats{};
          sum += in[i][j];
        }
      in_two_dimensions(in, out, [](const auto& from, auto& to) { transform_filter<kTile>(from, to); });
      for (int i = 0; i < kPoints; ++i)
        for (int j = 0; j < kPoints; ++j) V::store(z + ((i * kPoints + j) * tiles + t) * g.out_channels + block * Width, out[i][j]);
    }
    V::store(db + block * Width, sum);
  }
}

/// One input channel's weights from the threads' sums at the points, to dw[in][5][5][out].
template <int Width>
void finish_weights(const WinogradGeometry& g, std::int64_t ci, const float* sums, std::int64_t part, int threads, float* dw) {
  using V = Vectors<Width>;
  for (std::int64_t co = 0; co < g.out_channels; co += Width) {
    typename V::Floats in[kPoints][kPoints], out[kKernel][kKernel];
    for (int p = 0; p < kPoints * kPoints; ++p) {
      auto sum = V::load(sums + (p * g.in_channels + ci) * g.out_channels + co);
      for (int t = 1; t < threads; ++t) sum += V::load(sums + t * part + (p * g.in_channels + ci) * g.out_channels + co);
      in[p / kPoints][p % kPoints] = sum;
    }
    in_two_dimensions(in, out, [](const auto& from, auto& to) { transform_result<kKernel>(from, to); });
    for (int i = 0; i < kKernel; ++i)
      for (int j = 0; j < kKernel; ++j) V::store(dw + ((ci * kKernel + i) * kKernel + j) * g.out_channels + co, out[i][j]);
  }
}

template <int Width>
void backward_weights(const WinogradGeometry& g, const float* x, const float* dy, float* dw, float* db, float* scratch) {
  constexpr int rows = 4;  // divides every number of channels
  const std::int64_t part = winograd_weights_scratch(g), most_tiles = winograd_strip_rows(g) * g.tile_columns();
  int threads = 1;
#pragma omp parallel
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
      typename V::Floats in[kKernel][kKernel], out[kPoints][kPoints];
      for (int i = 0; i < kKernel; ++i)
        for (int j = 0; j < kKernel; ++j) {
          const int tap = i * kKernel + j;
          in[i][j] = transposed ? gather<Width>(w + column * in_stride + (kKernel * kKernel - 1 - tap) * g.out_channels + row, in_stride)
                                : V::load(w + row * in_stride + tap * g.out_channels + column);
        }
      in_two_dimensions(in, out, [](const auto& from, auto& to) { transform_filter<kKernel>(from, to); });
      for (int p = 0; p < kPoints * kPoints; ++p) V::store(u + (p * rows + row) * columns + column, out[p / kPoints][p % kPoints]);
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
