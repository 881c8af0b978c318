#pragma once

#include <cstdint>

namespace cnnctl {

/// A batch of maps as loops see it: `blocks` runs of `width` channels; channel c of pixel p of image n stands at
/// ((n * blocks + c / width) * pixels() + p) * width + c % width. nchw has width 1, nChw8c 8, nhwc all channels.
struct ChannelLayout {
  std::int64_t images = 0;
  std::int64_t channels = 0;
  std::int64_t blocks = 0;
  std::int64_t width = 1;
  std::int64_t height_pixels = 1;
  std::int64_t width_pixels = 1;

  std::int64_t pixels() const { return height_pixels * width_pixels; }
};

}  // namespace cnnctl
