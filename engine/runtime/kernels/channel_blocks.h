#pragma once

#include <algorithm>
#include <cstring>

#include "engine/runtime/channel_layout.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {

/// Where a row is that is read or written: in memory, so that its pixels are asked for ahead of time, or in a cache.
enum class RowPlace { memory, cache };

/// What loops over blocks of `Width` channels share. The last block may have lanes that hold no channel; those are zero in every tensor,
/// and whoever writes one keeps them so.
template <int Width>
struct ChannelBlocks : Vectors<Width> {
  using typename Vectors<Width>::Floats;
  using typename Vectors<Width>::Ints;
  using Vectors<Width>::load;
  using Vectors<Width>::store;

  /// Channels in a block.
  static std::int64_t lanes(const ChannelLayout& layout, std::int64_t block) {
    return std::min<std::int64_t>(Width, layout.channels - block * Width);
  }

  /// The lanes of a block that hold channels, as a mask.
  static Ints inside(const ChannelLayout& layout, std::int64_t block) {
    Ints lane{};
    for (int i = 0; i < Width; ++i) lane[i] = i;
    return lane < (Ints{} + static_cast<std::int32_t>(lanes(layout, block)));
  }

  /// A block of a tensor with a number a channel, or `absent` in its place where `values` is nullptr; beyond the channels zero.
  static Floats load_channels(const float* values, float absent, const ChannelLayout& layout, std::int64_t block) {
    const Floats zero{};
    if (values == nullptr) return inside(layout, block) ? zero + absent : zero;
    Floats result{};
    std::memcpy(&result, values + block * Width, static_cast<std::size_t>(lanes(layout, block)) * sizeof(float));
    return result;
  }

  static float sum(const Floats& v) {
    float parts[Width];
    store(parts, v);
    for (int half = Width / 2; half > 0; half /= 2)
      for (int i = 0; i < half; ++i) parts[i] += parts[i + half];
    return parts[0];
  }
};

}  // namespace cnnctl::CNNCTL_ISA
