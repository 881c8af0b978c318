#include <omp.h>

#include <algorithm>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/matrix_product.h"
#include "engine/runtime/kernels/winograd_tiles.h"
#include "engine/runtime/kernels/winograd_weights.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// The product of tiles and weights at one point, for one panel of output channels.
template <int Width>
void multiply_point(const WinogradGeometry& g, std::int64_t point, const AtPoints& v, const float* u, std::int64_t panel,
                    std::int64_t tiles, float* m) {
  constexpr int wide = 2 * Width;
  const LeftSide<wide, 1> left{v.panel<Width>(point, 0), wide, v.tiles * wide};
  multiply_panel<Width, false>(left, u, g.in_channels, m, tiles, g.out_channels - panel * wide);
}

template <int Width, int Kernel>
void transform_output(const WinogradGeometry& g, const TileRange& range, const AtPoints& m, std::int64_t first_block,
                      std::int64_t last_block, const ResultOperations& operations, float* y) {
  for (std::int64_t block = first_block; block < last_block; ++block)
    for (std::int64_t t = range.first; t < range.last; ++t)
      transform_output_tile<Width, Kernel>(g, tile_at(g, t), m.at<Width>(t - range.first, block - first_block), m.stride, operations, block,
                                           y);
}

/// Some tiles at a time, all their channels; u holds the weights at the points.
template <int Width, int Kernel>
void forward_by_tiles(const WinogradGeometry& g, const float* x, const float* u, const ResultOperations& operations, float* y,
                      float* scratch) {
  const std::int64_t chunk = winograd_forward_chunk(g), panels = winograd_panels(g, g.out_channels);
  const std::int64_t part = winograd_forward_scratch(g) / g.threads;
#pragma omp parallel num_threads(g.threads)
  {
    const AtPoints v(g, scratch + omp_get_thread_num() * part, chunk, g.in_channels), m(g, v.end(), chunk, g.out_channels);
#pragma omp for schedule(static)
    for (std::int64_t first = 0; first < g.tiles(); first += chunk) {
      const TileRange range{first, std::min(first + chunk, g.tiles())};
      transform_input<Width>(g, range, 0, g.in_channels / Width, x, v);
      for (std::int64_t p = 0; p < WinogradGeometry::points; ++p)
        for (std::int64_t panel = 0; panel < panels; ++panel)
          multiply_point<Width>(g, p, v, u + (p * panels + panel) * g.in_channels * 2 * Width, panel, range.count(),
                                m.panel<Width>(p, panel));
      transform_output<Width, Kernel>(g, range, m, 0, g.out_channels / Width, operations, y);
    }
  }
}

/// Some output channels at a time, all tiles of a chunk.
template <int Width, int Kernel>
void forward_by_channels(const WinogradGeometry& g, const float* x, const WeightsView& w, const ResultOperations& operations, float* y,
                         float* scratch) {
  const std::int64_t chunk = winograd_forward_chunk(g);
  const AtPoints v(g, scratch, chunk, g.in_channels);
  const std::int64_t part = (winograd_forward_scratch(g) - (v.end() - scratch)) / g.threads;
#pragma omp parallel num_threads(g.threads)
  {
    const AtPoints u(g, v.end() + omp_get_thread_num() * part, g.in_channels, 2 * Width), m(g, u.end(), chunk, 2 * Width);
    for (std::int64_t first = 0; first < g.tiles(); first += chunk) {
      const TileRange range{first, std::min(first + chunk, g.tiles())};
#pragma omp for schedule(static)
      for (std::int64_t panel = 0; panel < winograd_panels(g, g.in_channels); ++panel)
        transform_input<Width>(g, range, 2 * panel, std::min(2 * panel + 2, g.in_channels / Width), x, v);
#pragma omp for schedule(static)
      for (std::int64_t panel = 0; panel < winograd_panels(g, g.out_channels); ++panel) {
        for (std::int64_t row = 0; row < g.in_channels; row += Width)
          transform_weights<Width, Kernel>(g, w, row, panel, u.numbers, u.stride);
        for (std::int64_t p = 0; p < WinogradGeometry::points; ++p)
          multiply_point<Width>(g, p, v, u.panel<Width>(p, 0), panel, range.count(), m.panel<Width>(p, 0));
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
  const std::int64_t panels = winograd_panels(g, g.out_channels), of_panel = g.in_channels * 2 * Width;
#pragma omp parallel for collapse(2) schedule(static) num_threads(g.threads)
  for (std::int64_t panel = 0; panel < panels; ++panel)
    for (std::int64_t row = 0; row < g.in_channels; row += Width)
      transform_weights<Width, Kernel>(g, w, row, panel, u + panel * of_panel, panels * of_panel);
}

}  // namespace

void winograd_weights(const WinogradGeometry& g, const float* w, bool transposed, float* u) {
  const WeightsView view{w, transposed};
  if (g.width == 16)
    g.kernel == 3 ? weights_at_points<16, 3>(g, view, u) : weights_at_points<16, 5>(g, view, u);
  else
    g.kernel == 3 ? weights_at_points<8, 3>(g, view, u) : weights_at_points<8, 5>(g, view, u);
}

void winograd_forward(const WinogradGeometry& g, const float* x, const float* weights, bool transposed, const ResultOperations& operations,
                      float* y, float* scratch) {
  if (g.width == 16)
    g.kernel == 3 ? forward<16, 3>(g, x, weights, transposed, operations, y, scratch)
                  : forward<16, 5>(g, x, weights, transposed, operations, y, scratch);
  else
    g.kernel == 3 ? forward<8, 3>(g, x, weights, transposed, operations, y, scratch)
                  : forward<8, 5>(g, x, weights, transposed, operations, y, scratch);
}

}  // namespace cnnctl::CNNCTL_ISA
