#pragma once

#include <cstdint>

namespace cnnctl {

/// A convolution of stride 1 over maps in blocked channels, computed by Winograd's method on tiles of `kernel` + `tile()` - 1 = 6 pixels:
/// 36 products a tile, where the direct way has 144 (kernel 3) or 100 (kernel 5). Channel counts are multiples of the block width. Rounding
/// differs from the direct way's by some 1e-6 of the largest result. Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural
/// Networks", 2016.
struct WinogradGeometry {
  static constexpr std::int64_t points = 36;

  /// What stays in the caches while the rest passes by.
  enum class Order {
    tiles,    // of some tiles all channels are finished: for few channels
    channels  // of some channels all tiles (of a chunk) are finished: for many channels, whose weights at the points are never written out
  };

  std::int64_t kernel = 3;  // or 5, in both directions
  Order order = Order::tiles;
  std::int64_t images = 0;
  std::int64_t width = 8;  // of a channel block
  std::int64_t in_channels = 0, out_channels = 0;
  std::int64_t in_height = 0, in_width = 0;
  std::int64_t out_height = 0, out_width = 0;
  std::int64_t padding_top = 0, padding_left = 0;
  int threads = 1;    // that run, each with scratch of its own
  bool bf16 = false;  // what is multiplied is rounded to bfloat16, two numbers a word: for Bf16Kernels alone

  std::int64_t numbers_of_word() const { return bf16 ? 2 : 1; }
  /// Outputs of a tile, in both directions.
  std::int64_t tile() const { return 7 - kernel; }
  std::int64_t tile_rows() const { return (out_height + tile() - 1) / tile(); }
  std::int64_t tile_columns() const { return (out_width + tile() - 1) / tile(); }
  std::int64_t tiles() const { return images * tile_rows() * tile_columns(); }
};

/// Channels that stand together at a point, in two vectors. The last such panel may be half empty.
constexpr std::int64_t winograd_panel(const WinogradGeometry& geometry) { return 2 * geometry.width; }
constexpr std::int64_t winograd_panels(const WinogradGeometry& geometry, std::int64_t channels) {
  return (channels + winograd_panel(geometry) - 1) / winograd_panel(geometry);
}

/// Tiles that are worked on at a time, by one thread (order tiles) or by all (order channels).
std::int64_t winograd_forward_chunk(const WinogradGeometry& geometry);
std::int64_t winograd_weights_chunk(const WinogradGeometry& geometry);

/// Words from one point's `words` to the next one's. Not a multiple of a page, whose lines would all compete for the same places in the
/// cache.
std::int64_t winograd_point_stride(std::int64_t words);

/// Words of the weights at the points: [points][panels of out][in / numbers of a word][panel]; none in order channels. A word takes as much
/// memory as a float.
std::int64_t winograd_weights_floats(const WinogradGeometry& geometry);

/// Floats of scratch for all threads together, of the forward pass and of the one by weights.
std::int64_t winograd_forward_scratch(const WinogradGeometry& geometry);
std::int64_t winograd_backward_scratch(const WinogradGeometry& geometry);

/// The convolution whose forward pass is this one's backward pass by data.
WinogradGeometry winograd_transposed(const WinogradGeometry& geometry);

}  // namespace cnnctl
