#include "engine/runtime/kernels/kernels.h"

namespace cnnctl {
namespace {

constexpr std::int64_t kCacheLine = 16;  // floats; threads write to lines of their own

std::int64_t whole_lines(std::int64_t floats) { return (floats + kCacheLine - 1) / kCacheLine * kCacheLine; }

std::int64_t whole_tiles(std::int64_t pixels, std::int64_t tile) { return (pixels + tile - 1) / tile * tile; }

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
  return {g.padding_left, (whole_tiles(g.out.width_pixels, tile) - 1) * g.stride + g.kernel};
}

DepthwiseRow depthwise_gradient_row(const DepthwiseGeometry& g, std::int64_t data_tile, std::int64_t weights_tile) {
  const std::int64_t reach = (g.kernel - 1) / g.stride, first = g.padding_left / g.stride, before = reach - first;
  const std::int64_t end = (g.in.width_pixels + g.padding_left + g.stride - 1) / g.stride;
  const std::int64_t by_data = reach + whole_tiles(end - first, data_tile);
  return {before, std::max(by_data, before + whole_tiles(g.out.width_pixels, weights_tile))};
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

std::int64_t depthwise_parts(const DepthwiseGeometry& g) { return g.in.images * g.in.blocks * (g.kernel * g.kernel + 1) * g.in.width; }

}  // namespace cnnctl
