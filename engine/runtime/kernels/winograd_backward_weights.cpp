#include <omp.h>

#include <algorithm>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/matrix_product.h"
#include "engine/runtime/kernels/winograd_tiles.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// Some tiles at the points, a row of each panel for the tiles of a word.
template <int Width>
AtPoints tiles_at_points(float* memory, std::int64_t panels, std::int64_t tiles) {
  return {memory, panels, tiles / Words::numbers, 2 * Width};
}

/// Some channel blocks of the input of some tiles at the points. Block by block, so that few rows of the map are read at a time.
template <int Width>
void transform_input(const WinogradGeometry& g, const TileRange& range, std::int64_t first_block, std::int64_t last_block, const float* x,
                     const AtPoints& v) {
  const std::int64_t blocks = g.in_channels / Width, plane = g.in_height * g.in_width * Width;
  for (std::int64_t block = first_block; block < last_block; ++block)
    transform_to_words<Width>(range.count(), v.at(0, block), v.stride, [&](std::int64_t t, const auto& store) {
      const Tile tile = tile_at(g, range.first + t);
      transform_input_tile<Width>(g, tile, x + (tile.image * blocks + block) * plane, store);
    });
}

/// Some channel blocks of the output gradient of some tiles at the points, and its sums a channel, added to db.
template <int Width, int Kernel>
void transform_gradient(const WinogradGeometry& g, const TileRange& range, std::int64_t first_block, std::int64_t last_block,
                        const float* dy, const AtPoints& z, float* db) {
  using V = Vectors<Width>;
  const std::int64_t blocks = g.out_channels / Width, plane = g.out_height * g.out_width * Width;
  for (std::int64_t block = first_block; block < last_block; ++block) {
    auto sum = V::load(db + block * Width);
    transform_to_words<Width>(range.count(), z.at(0, block), z.stride, [&](std::int64_t t, const auto& store) {
      const Tile tile = tile_at(g, range.first + t);
      transform_gradient_tile<Width, Kernel>(g, tile, dy + (tile.image * blocks + block) * plane, sum, store);
    });
    V::store(db + block * Width, sum);
  }
}

/// The product over some tiles at one point, of a panel of input channels by a panel of output channels: sums[in][panel] (+)=.
template <int Width, bool Accumulate>
void multiply_point(const WinogradGeometry& g, std::int64_t point, const AtPoints& v, const AtPoints& z, std::int64_t in_panel,
                    std::int64_t out_panel, std::int64_t tiles, float* sums) {
  constexpr int wide = 2 * Width;
  const std::int64_t words = (tiles + Words::numbers - 1) / Words::numbers;
  const LeftSide<1, wide> left{v.panel(point, in_panel), words, 0};
  multiply_panel<Width, Accumulate>(left, z.panel(point, out_panel), words, sums,
                                    std::min<std::int64_t>(wide, g.in_channels - in_panel * wide), g.out_channels - out_panel * wide);
}

/// One input channel's weights by one block of output channels: dw (+)= the sums of `parts` at the points.
template <int Width, int Kernel, bool Accumulate>
void finish_weights(const WinogradGeometry& g, const float* sums, std::int64_t stride, std::int64_t part, int parts, float* dw) {
  using V = Vectors<Width>;
  const auto total = [&](auto i, auto j) {
    const float* at = sums + (i * kPoints + j) * stride;
    auto sum = V::load(at);
    for (int t = 1; t < parts; ++t) sum += V::load(at + t * part);
    return sum;
  };
  const auto store = [&](auto i, auto j, auto value) {
    float* to = dw + (i * Kernel + j) * g.out_channels;
    V::store(to, Accumulate ? value + V::load(to) : value);
  };
  in_two_dimensions<typename V::Floats, kPoints, Kernel>(total, store,
                                                         [](const auto& from, auto& into) { transform_result<Kernel>(from, into); });
}

/// Where the gradient of a weight of input channel ci by the block of output channels that begins at co stands.
template <int Kernel>
float* weight_at(const WinogradGeometry& g, std::int64_t ci, std::int64_t co, float* dw) {
  return dw + ci * Kernel * Kernel * g.out_channels + co;
}

/// The threads' sums of bias gradients, each thread's `stride` apart.
void finish_bias(const WinogradGeometry& g, const float* sums, std::int64_t stride, int threads, float* db) {
  for (std::int64_t c = 0; c < g.out_channels; ++c) {
    db[c] = 0;
    for (int t = 0; t < threads; ++t) db[c] += sums[t * stride + c];
  }
}

/// Each thread sums over tiles of its own, all channels; then the sums are added up.
template <int Width, int Kernel>
void backward_by_tiles(const WinogradGeometry& g, const float* x, const float* dy, float* dw, float* db, float* scratch) {
  constexpr std::int64_t points = WinogradGeometry::points, wide = 2 * Width;
  const std::int64_t chunk = winograd_weights_chunk(g), in_panels = winograd_panels(g, g.in_channels),
                     out_panels = winograd_panels(g, g.out_channels), of_point = out_panels * g.in_channels * wide;
  const std::int64_t part = winograd_backward_scratch(g) / g.threads;
  int threads = 1;
#pragma omp parallel num_threads(g.threads)
  {
#pragma omp single
    threads = omp_get_num_threads();
    float* sums = scratch + omp_get_thread_num() * part;
    float* bias = sums + points * of_point;
    const AtPoints v = tiles_at_points<Width>(bias + out_panels * wide, in_panels, chunk);
    const AtPoints z = tiles_at_points<Width>(v.end(), out_panels, chunk);
    std::fill(sums, v.words, 0.0F);
#pragma omp for schedule(static)
    for (std::int64_t first = 0; first < g.tiles(); first += chunk) {
      const TileRange range{first, std::min(first + chunk, g.tiles())};
      transform_input<Width>(g, range, 0, g.in_channels / Width, x, v);
      transform_gradient<Width, Kernel>(g, range, 0, g.out_channels / Width, dy, z, bias);
      for (std::int64_t p = 0; p < points; ++p)
        for (std::int64_t out = 0; out < out_panels; ++out)
          for (std::int64_t in = 0; in < in_panels; ++in)
            multiply_point<Width, true>(g, p, v, z, in, out, range.count(), sums + p * of_point + (out * g.in_channels + in * wide) * wide);
    }
#pragma omp for schedule(static)
    for (std::int64_t ci = 0; ci < g.in_channels; ++ci)
      for (std::int64_t co = 0; co < g.out_channels; co += Width)
        finish_weights<Width, Kernel, false>(g, scratch + (co / wide * g.in_channels + ci) * wide + co % wide, of_point, part, threads,
                                             weight_at<Kernel>(g, ci, co, dw));
  }
  if (db) finish_bias(g, scratch + points * of_point, part, threads, db);
}

/// One panel of input channels by one of output channels, over the tiles of a chunk.
template <int Width, int Kernel, bool Accumulate>
void backward_panels(const WinogradGeometry& g, const AtPoints& v, const AtPoints& z, std::int64_t in_panel, std::int64_t out_panel,
                     std::int64_t tiles, float* sums, float* dw) {
  constexpr std::int64_t wide = 2 * Width;
  for (std::int64_t p = 0; p < WinogradGeometry::points; ++p)
    multiply_point<Width, false>(g, p, v, z, in_panel, out_panel, tiles, sums + p * wide * wide);
  for (std::int64_t ci = in_panel * wide; ci < std::min((in_panel + 1) * wide, g.in_channels); ++ci)
    for (std::int64_t co = out_panel * wide; co < std::min((out_panel + 1) * wide, g.out_channels); co += Width)
      finish_weights<Width, Kernel, Accumulate>(g, sums + ci % wide * wide + co % wide, wide * wide, 0, 1,
                                                weight_at<Kernel>(g, ci, co, dw));
}

/// All threads transform a chunk of tiles; then each sums over all of them for channels of its own.
template <int Width, int Kernel>
void backward_by_channels(const WinogradGeometry& g, const float* x, const float* dy, float* dw, float* db, float* scratch) {
  constexpr std::int64_t points = WinogradGeometry::points, wide = 2 * Width;
  const std::int64_t chunk = winograd_weights_chunk(g), in_panels = winograd_panels(g, g.in_channels),
                     out_panels = winograd_panels(g, g.out_channels);
  const AtPoints v = tiles_at_points<Width>(scratch, in_panels, chunk), z = tiles_at_points<Width>(v.end(), out_panels, chunk);
  float* own = z.end();
  const std::int64_t part = points * wide * wide + out_panels * wide;
  int threads = 1;
#pragma omp parallel num_threads(g.threads)
  {
#pragma omp single
    threads = omp_get_num_threads();
    float* bias = own + omp_get_thread_num() * part;
    float* sums = bias + out_panels * wide;
    std::fill(bias, sums, 0.0F);
    for (std::int64_t first = 0; first < g.tiles(); first += chunk) {
      const TileRange range{first, std::min(first + chunk, g.tiles())};
#pragma omp for schedule(static) nowait
      for (std::int64_t panel = 0; panel < in_panels; ++panel)
        transform_input<Width>(g, range, 2 * panel, std::min(2 * panel + 2, g.in_channels / Width), x, v);
#pragma omp for schedule(static)
      for (std::int64_t panel = 0; panel < out_panels; ++panel)
        transform_gradient<Width, Kernel>(g, range, 2 * panel, std::min(2 * panel + 2, g.out_channels / Width), dy, z, bias);
#pragma omp for collapse(2) schedule(static)
      for (std::int64_t out = 0; out < out_panels; ++out)
        for (std::int64_t in = 0; in < in_panels; ++in)
          first == 0 ? backward_panels<Width, Kernel, false>(g, v, z, in, out, range.count(), sums, dw)
                     : backward_panels<Width, Kernel, true>(g, v, z, in, out, range.count(), sums, dw);
    }
  }
  if (db) finish_bias(g, own, part, threads, db);
}

template <int Width, int Kernel>
void backward(const WinogradGeometry& g, const float* x, const float* dy, float* dw, float* db, float* scratch) {
  g.order == WinogradGeometry::Order::tiles ? backward_by_tiles<Width, Kernel>(g, x, dy, dw, db, scratch)
                                            : backward_by_channels<Width, Kernel>(g, x, dy, dw, db, scratch);
}

}  // namespace

void winograd_backward_weights(const WinogradGeometry& g, const float* x, const float* dy, float* dw, float* db, float* scratch) {
  with_sizes(g, [&](auto width, auto kernel) { backward<width, kernel>(g, x, dy, dw, db, scratch); });
}

}  // namespace cnnctl::CNNCTL_ISA
