#pragma once

#include <cstdint>

namespace cnnctl {

/// A 5x5 convolution of stride 1 over maps in blocked channels, computed by Winograd's method on tiles of 2x2 outputs: 36 products where
/// the direct way has 100. Channel counts are multiples of the block width. Rounding differs from the direct way's by about 1e-6 of the
/// largest result.
struct WinogradGeometry {
  static constexpr std::int64_t kernel = 5;
  static constexpr std::int64_t tile = 2;
  static constexpr std::int64_t points = 36;

  std::int64_t images = 0;
  std::int64_t width = 8;  // of a channel block
  std::int64_t in_channels = 0, out_channels = 0;
  std::int64_t in_height = 0, in_width = 0;
  std::int64_t out_height = 0, out_width = 0;
  std::int64_t padding_top = 0, padding_left = 0;
  int threads = 1;  // that run, each with scratch of its own

  std::int64_t tile_rows() const { return (out_height + tile - 1) / tile; }
  std::int64_t tile_columns() const { return (out_width + tile - 1) / tile; }
  /// Floats of the transformed weights: [points][in][out].
  std::int64_t weights() const { return points * in_channels * out_channels; }
};

/// Rows of tiles that are worked on at a time, so that their transforms stay in a core's cache.
std::int64_t winograd_strip_rows(const WinogradGeometry& geometry);

/// Floats of scratch for each thread, of the forward pass and of the one by weights.
std::int64_t winograd_forward_scratch(const WinogradGeometry& geometry);
std::int64_t winograd_weights_scratch(const WinogradGeometry& geometry);

/// The convolution whose forward pass is this one's backward pass by data.
WinogradGeometry winograd_transposed(const WinogradGeometry& geometry);

}  // namespace cnnctl
