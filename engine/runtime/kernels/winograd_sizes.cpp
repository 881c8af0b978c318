#include <algorithm>

#include "engine/runtime/kernels/winograd.h"

namespace cnnctl {
namespace {

constexpr std::int64_t kCacheLine = 16;                  // floats; threads write to lines of their own
constexpr std::int64_t kOwnFloats = 96 * 1024;           // of one thread's tiles at the points: most of a second-level cache
constexpr std::int64_t kOwnWeightsFloats = 192 * 1024;   // the same by weights, whose sums pass by once a chunk
constexpr std::int64_t kSharedFloats = 3 * 1024 * 1024;  // of all threads' tiles: a good part of a third-level cache
constexpr std::int64_t kPiece = 12;                      // rows that the product of matrices takes at a time, or a multiple of them

std::int64_t whole(std::int64_t count, std::int64_t unit) { return (count + unit - 1) / unit * unit; }

/// As many tiles as fit into `floats`, if each takes that many channels at every point; whole pieces, and the work in equal parts.
std::int64_t chunk_of(const WinogradGeometry& g, std::int64_t floats, std::int64_t channels, std::int64_t parts) {
  const std::int64_t fitting = std::max(kPiece, floats / (WinogradGeometry::points * channels) / kPiece * kPiece);
  const std::int64_t chunks = (g.tiles() + fitting * parts - 1) / (fitting * parts) * parts;
  return whole((g.tiles() + chunks - 1) / chunks, kPiece);
}

bool by_tiles(const WinogradGeometry& g) { return g.order == WinogradGeometry::Order::tiles; }

std::int64_t panel_floats(const WinogradGeometry& g, std::int64_t channels) { return winograd_panels(g, channels) * winograd_panel(g); }

}  // namespace

std::int64_t winograd_forward_chunk(const WinogradGeometry& g) {
  return by_tiles(g) ? chunk_of(g, kOwnFloats, g.in_channels + g.out_channels, g.threads) : chunk_of(g, kSharedFloats, g.in_channels, 1);
}

std::int64_t winograd_weights_chunk(const WinogradGeometry& g) {
  return chunk_of(g, by_tiles(g) ? kOwnWeightsFloats : kSharedFloats, g.in_channels + g.out_channels, by_tiles(g) ? g.threads : 1);
}

std::int64_t winograd_point_stride(const WinogradGeometry& g, std::int64_t tiles, std::int64_t channels) {
  return tiles * panel_floats(g, channels) + kCacheLine;
}

std::int64_t winograd_weights_floats(const WinogradGeometry& g) {
  return by_tiles(g) ? WinogradGeometry::points * g.in_channels * panel_floats(g, g.out_channels) : 0;
}

std::int64_t winograd_forward_scratch(const WinogradGeometry& g) {
  const std::int64_t chunk = winograd_forward_chunk(g), in = winograd_point_stride(g, chunk, g.in_channels);
  if (by_tiles(g)) return WinogradGeometry::points * g.threads * (in + winograd_point_stride(g, chunk, g.out_channels));
  const std::int64_t own = winograd_point_stride(g, chunk, winograd_panel(g)) + winograd_point_stride(g, g.in_channels, winograd_panel(g));
  return WinogradGeometry::points * (in + g.threads * own);
}

std::int64_t winograd_backward_scratch(const WinogradGeometry& g) {
  const std::int64_t chunk = winograd_weights_chunk(g);
  const std::int64_t at_points =
      WinogradGeometry::points * (winograd_point_stride(g, chunk, g.in_channels) + winograd_point_stride(g, chunk, g.out_channels));
  const std::int64_t bias = panel_floats(g, g.out_channels);
  if (by_tiles(g)) return g.threads * (at_points + WinogradGeometry::points * g.in_channels * panel_floats(g, g.out_channels) + bias);
  return at_points + g.threads * (WinogradGeometry::points * winograd_panel(g) * winograd_panel(g) + bias);
}

WinogradGeometry winograd_transposed(const WinogradGeometry& geometry) {
  WinogradGeometry g = geometry;
  std::swap(g.in_channels, g.out_channels);
  std::swap(g.in_height, g.out_height);
  std::swap(g.in_width, g.out_width);
  g.padding_top = g.kernel - 1 - g.padding_top;
  g.padding_left = g.kernel - 1 - g.padding_left;
  return g;
}

}  // namespace cnnctl
