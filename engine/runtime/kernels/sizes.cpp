#include <algorithm>

#include "engine/runtime/kernels/kernels.h"

namespace cnnctl {
namespace {

constexpr std::int64_t kCacheLine = 16;  // floats; threads write to lines of their own

/// The least multiple of `unit` from `count` on.
std::int64_t whole(std::int64_t count, std::int64_t unit) { return (count + unit - 1) / unit * unit; }

std::int64_t whole_lines(std::int64_t floats) { return whole(floats, kCacheLine); }

constexpr std::int64_t kOwnFloats = 96 * 1024;           // of one thread's tiles at the points: most of a second-level cache
constexpr std::int64_t kOwnWeightsFloats = 192 * 1024;   // the same by weights, whose sums pass by once a chunk
constexpr std::int64_t kSharedFloats = 3 * 1024 * 1024;  // of all threads' tiles: a good part of a third-level cache
constexpr std::int64_t kPiece = 12;                      // rows that the product of matrices takes at a time, or a multiple of them

/// As many tiles as fit into `floats`, if each takes that many channels at every point; whole pieces, and the work in equal parts.
std::int64_t chunk_of(const WinogradGeometry& g, std::int64_t floats, std::int64_t channels, std::int64_t parts) {
  const std::int64_t fitting = std::max(kPiece, floats / (WinogradGeometry::points * channels) / kPiece * kPiece);
  const std::int64_t chunks = (g.tiles() + fitting * parts - 1) / (fitting * parts) * parts;
  return whole((g.tiles() + chunks - 1) / chunks, kPiece);
}

bool by_tiles(const WinogradGeometry& g) { return g.order == WinogradGeometry::Order::tiles; }

std::int64_t panel_floats(const WinogradGeometry& g, std::int64_t channels) { return winograd_panels(g, channels) * winograd_panel(g); }

}  // namespace

bool has_vector_blocks(const ChannelLayout& layout) { return layout.width == 8 || layout.width == 16; }

std::int64_t few_channel_scratch(const FewChannelGeometry& geometry) {
  const std::int64_t taps = geometry.in.channels * geometry.kernel_height * geometry.kernel_width;
  return whole_lines(geometry.out.blocks * geometry.out.width * (taps + 1) + geometry.padded_height() * geometry.padded_width());
}

bool few_channel_weights_can(const FewChannelGeometry& geometry) {
  const std::int64_t k = geometry.kernel_width;
  return (k == 1 || k == 3 || k == 5 || k == 7) && geometry.in.width == 1 && has_vector_blocks(geometry.out);
}

std::int64_t layer_norm_scratch(const ChannelLayout& layout) { return whole_lines(2 * layout.blocks * layout.width); }

std::int64_t local_response_scratch(const LocalResponseGeometry& geometry) {
  return 3 * whole_lines(geometry.before + geometry.layout.blocks * geometry.layout.width + geometry.after);
}

DepthwiseRow depthwise_input_row(const DepthwiseGeometry& g, std::int64_t tile) {
  return {g.padding_left, (whole(g.out.width_pixels, tile) - 1) * g.stride + g.kernel};
}

DepthwiseRow depthwise_gradient_row(const DepthwiseGeometry& g, std::int64_t data_tile, std::int64_t weights_tile) {
  const std::int64_t reach = (g.kernel - 1) / g.stride, first = g.padding_left / g.stride, before = reach - first;
  const std::int64_t end = (g.in.width_pixels + g.padding_left + g.stride - 1) / g.stride;
  const std::int64_t by_data = reach + whole(end - first, data_tile);
  return {before, std::max(by_data, before + whole(g.out.width_pixels, weights_tile))};
}

std::int64_t depthwise_forward_scratch(const DepthwiseGeometry& g) {
  return whole_lines(g.kernel * depthwise_input_row(g, DepthwiseTiles::forward).columns * g.in.width);
}

std::int64_t depthwise_backward_scratch(const DepthwiseGeometry& g) {
  const std::int64_t data_tile = DepthwiseTiles::data(g.stride), weights_tile = DepthwiseTiles::weights(g.kernel);
  const std::int64_t input = g.kernel * depthwise_input_row(g, weights_tile).columns;
  const std::int64_t gradient = ((g.kernel - 1) / g.stride + 1) * depthwise_gradient_row(g, data_tile, weights_tile).columns;
  return whole_lines((input + gradient) * g.in.width);
}

bool depthwise_may_overwrite(const DepthwiseGeometry& g) {
  const bool same_size = g.in.height_pixels == g.out.height_pixels && g.in.width_pixels == g.out.width_pixels;
  return g.stride == 1 && same_size && g.out.images * g.out.blocks % g.threads == 0;
}

std::int64_t depthwise_parts(const DepthwiseGeometry& g) { return g.in.images * g.in.blocks * (g.kernel * g.kernel + 1) * g.in.width; }

std::int64_t norm_depthwise_sums(const NormDepthwiseGeometry& g) {
  const ChannelLayout& map = g.convolution.in;
  return whole_lines(2 * map.images * map.blocks * map.width);
}

std::int64_t norm_depthwise_scratch(const NormDepthwiseGeometry& g) {
  const DepthwiseGeometry& c = g.convolution;
  return norm_depthwise_sums(g) + std::max(c.threads * depthwise_forward_scratch(c),
                                           norm_depthwise_sums(g) + depthwise_parts(c) + c.threads * depthwise_backward_scratch(c));
}

std::int64_t first_row(const InvertedResidualGeometry& g) {
  return (g.depthwise.in.width_pixels - 1) * FirstWindow::stride + FirstWindow::kernel;
}

std::int64_t inverted_residual_scratch(const InvertedResidualGeometry& g) {
  const DepthwiseGeometry& c = g.depthwise;
  const std::int64_t result = whole_lines(c.out.width_pixels * c.out.width);
  const std::int64_t window = g.first ? whole_lines(g.in.channels * FirstWindow::kernel * first_row(g)) : 0;
  return c.threads * (c.in.blocks * (depthwise_forward_scratch(c) + result) + window);
}

std::int64_t winograd_forward_chunk(const WinogradGeometry& g) {
  const std::int64_t in = g.in_channels / g.numbers_of_word();
  return by_tiles(g) ? chunk_of(g, kOwnFloats, in + g.out_channels, g.threads) : chunk_of(g, kSharedFloats, in, 1);
}

std::int64_t winograd_weights_chunk(const WinogradGeometry& g) {
  const std::int64_t channels = (g.in_channels + g.out_channels) / g.numbers_of_word();
  return chunk_of(g, by_tiles(g) ? kOwnWeightsFloats : kSharedFloats, channels, by_tiles(g) ? g.threads : 1);
}

std::int64_t winograd_point_stride(std::int64_t words) { return words + kCacheLine; }

std::int64_t winograd_weights_floats(const WinogradGeometry& g) {
  return by_tiles(g) ? WinogradGeometry::points * (g.in_channels / g.numbers_of_word()) * panel_floats(g, g.out_channels) : 0;
}

std::int64_t winograd_forward_scratch(const WinogradGeometry& g) {
  const std::int64_t chunk = winograd_forward_chunk(g), panel = winograd_panel(g);
  const std::int64_t in = winograd_point_stride(chunk * panel_floats(g, g.in_channels) / g.numbers_of_word());
  if (by_tiles(g)) return WinogradGeometry::points * g.threads * (in + winograd_point_stride(chunk * panel_floats(g, g.out_channels)));
  const std::int64_t weights = winograd_point_stride(g.in_channels / g.numbers_of_word() * panel);
  return WinogradGeometry::points * (in + g.threads * (winograd_point_stride(chunk * panel) + weights));
}

std::int64_t winograd_backward_scratch(const WinogradGeometry& g) {
  const std::int64_t rows = winograd_weights_chunk(g) / g.numbers_of_word();
  const std::int64_t at_points = WinogradGeometry::points * (winograd_point_stride(rows * panel_floats(g, g.in_channels)) +
                                                             winograd_point_stride(rows * panel_floats(g, g.out_channels)));
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
