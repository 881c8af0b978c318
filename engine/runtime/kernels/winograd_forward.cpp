#include <omp.h>

#include <algorithm>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/matrix_product.h"
#include "engine/runtime/kernels/winograd_tiles.h"
#include "engine/runtime/kernels/winograd_weights.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// Some tiles' input at the points, a row of each panel for each tile.
template <int Width>
AtPoints input_at_points(float* memory, std::int64_t panels, std::int64_t tiles) {
  return {memory, panels, tiles, 2 * Width / Words::numbers};
}

/// Some channel blocks of the input of some tiles at the points. Block by block, so that few rows of the map are read at a time.
template <int Width>
void transform_input(const WinogradGeometry& g, const TileRange& range, std::int64_t first_block, std::int64_t last_block, const float* x,
                     const AtPoints& v) {
  const std::int64_t blocks = g.in_channels / Width, plane = g.in_height * g.in_width * Width;
  for (std::int64_t block = first_block; block < last_block; ++block)
    for (std::int64_t t = range.first; t < range.last; ++t) {
      const Tile tile = tile_at(g, t);
      float* to = v.at(t - range.first, block);
      transform_input_tile<Width>(g, tile, x + (tile.image * blocks + block) * plane,
                                  [&](auto i, auto j, const auto& value) { Words::store_row(to + (i * kPoints + j) * v.stride, value); });
    }
}

/// The product of tiles and weights at one point, for one panel of output channels.
template <int Width>
void multiply_point(const WinogradGeometry& g, std::int64_t point, const AtPoints& v, const float* u, std::int64_t panel,
                    std::int64_t tiles, float* m) {
  constexpr int wide = 2 * Width, row = wide / Words::numbers;
  const LeftSide<row, 1> left{v.panel(point, 0), row, v.rows * row};
  multiply_panel<Width, false>(left, u, g.in_channels / Words::numbers, m, tiles, g.out_channels - panel * wide);
}

template <int Width, int Kernel>
void transform_output(const WinogradGeometry& g, const TileRange& range, const AtPoints& m, std::int64_t first_block,
                      std::int64_t last_block, const ResultOperations& operations, float* y) {
  for (std::int64_t block = first_block; block < last_block; ++block)
    for (std::int64_t t = range.first; t < range.last; ++t)
      transform_output_tile<Width, Kernel>(g, tile_at(g, t), m.at(t - range.first, block - first_block), m.stride, operations, block, y);
}

/// Some tiles at a time, all their channels; u holds the weights at the points.
template <int Width, int Kernel>
void forward_by_tiles(const WinogradGeometry& g, const float* x, const float* u, const ResultOperations& operations, float* y,
                      float* scratch) {
  const std::int64_t chunk = winograd_forward_chunk(g), panels = winograd_panels(g, g.out_channels);
  const std::int64_t part = winograd_forward_scratch(g) / g.threads, of_panel = g.in_channels / Words::numbers * 2 * Width;
#pragma omp parallel num_threads(g.threads)
  {
    const AtPoints v = input_at_points<Width>(scratch + omp_get_thread_num() * part, winograd_panels(g, g.in_channels), chunk);
    const AtPoints m(v.end(), panels, chunk, 2 * Width);
#pragma omp for schedule(static)
    for (std::int64_t first = 0; first < g.tiles(); first += chunk) {
      const TileRange range{first, std::min(first + chunk, g.tiles())};
      transform_input<Width>(g, range, 0, g.in_channels / Width, x, v);
      for (std::int64_t p = 0; p < WinogradGeometry::points; ++p)
        for (std::int64_t panel = 0; panel < panels; ++panel)
          multiply_point<Width>(g, p, v, u + (p * panels + panel) * of_panel, panel, range.count(), m.panel(p, panel));
      transform_output<Width, Kernel>(g, range, m, 0, g.out_channels / Width, operations, y);
    }
  }
}

/// Some output channels at a time, all tiles of a chunk.
template <int Width, int Kernel>
void forward_by_channels(const WinogradGeometry& g, const float* x, const WeightsView& w, const ResultOperations& operations, float* y,
                         float* scratch) {
  const std::int64_t chunk = winograd_forward_chunk(g);
  const AtPoints v = input_at_points<Width>(scratch, winograd_panels(g, g.in_channels), chunk);
  const std::int64_t part = (winograd_forward_scratch(g) - (v.end() - scratch)) / g.threads;
#pragma omp parallel num_threads(g.threads)
  {
    const AtPoints u(v.end() + omp_get_thread_num() * part, 1, g.in_channels / Words::numbers, 2 * Width);
    const AtPoints m(u.end(), 1, chunk, 2 * Width);
    for (std::int64_t first = 0; first < g.tiles(); first += chunk) {
      const TileRange range{first, std::min(first + chunk, g.tiles())};
#pragma omp for schedule(static)
      for (std::int64_t panel = 0; panel < winograd_panels(g, g.in_channels); ++panel)
        transform_input<Width>(g, range, 2 * panel, std::min(2 * panel + 2, g.in_channels / Width), x, v);
#pragma omp for schedule(static)
      for (std::int64_t panel = 0; panel < winograd_panels(g, g.out_channels); ++panel) {
        for (std::int64_t row = 0; row < g.in_channels; row += Width) transform_weights<Width, Kernel>(g, w, row, panel, u.words, u.stride);
        for (std::int64_t p = 0; p < WinogradGeometry::points; ++p)
          multiply_point<Width>(g, p, v, u.panel(p, 0), panel, range.count(), m.panel(p, 0));
        transform_output<Width, Kernel>(g, range, m, 2 * panel, std::min(2 * panel + 2, g.out_channels / Width), operations, y);
      }
    }
  }
}

template <int Width, int Kernel>
void forward(const WinogradGeometry& g, const float* x, const float* weights, bool transposed, const ResultOperations& operations, float* y,
             float* scratch) {
  g.order == WinogradGeometry::Order::tiles ? forward_by_tiles<Width, Kernel>(g, x, weights, operations, y, scratch)
                                            : forward_by_channels<Width, Kernel>(g, x, {weights, transposed}, operations, y, scratch);
}

template <int Width, int Kernel>
void weights_at_points(const WinogradGeometry& g, const WeightsView& w, float* u) {
  const std::int64_t panels = winograd_panels(g, g.out_channels), of_panel = g.in_channels / Words::numbers * 2 * Width;
#pragma omp parallel for collapse(2) schedule(static) num_threads(g.threads)
  for (std::int64_t panel = 0; panel < panels; ++panel)
    for (std::int64_t row = 0; row < g.in_channels; row += Width)
      transform_weights<Width, Kernel>(g, w, row, panel, u + panel * of_panel, panels * of_panel);
}

}  // namespace

void winograd_weights(const WinogradGeometry& g, const float* w, bool transposed, float* u) {
  with_sizes(g, [&](auto width, auto kernel) { weights_at_points<width, kernel>(g, {w, transposed}, u); });
}

void winograd_forward(const WinogradGeometry& g, const float* x, const float* weights, bool transposed, const ResultOperations& operations,
                      float* y, float* scratch) {
  with_sizes(g, [&](auto width, auto kernel) { forward<width, kernel>(g, x, weights, transposed, operations, y, scratch); });
}

}  // namespace cnnctl::CNNCTL_ISA
