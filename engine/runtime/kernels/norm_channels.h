#pragma once

#include <cmath>
#include <cstdint>

#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/kernels.h"

namespace cnnctl::CNNCTL_ISA {

/// Batch norm's numbers of one block of channels: y = (x - mean) scale + shift, scale being the layer's over the deviation. All are zero
/// beyond the last channel, so that padding stays zero.
template <int Width>
struct NormChannels {
  using Blocks = ChannelBlocks<Width>;
  using Floats = typename Blocks::Floats;

  Floats mean, inverse, scale, shift;

  NormChannels(const ChannelLayout& layout, float epsilon, const NormTensors& tensors, std::int64_t block)
      : mean(Blocks::load_channels(tensors.mean, 0, layout, block)),
        inverse(inverse_deviation(layout, epsilon, tensors, block)),
        scale(Blocks::load_channels(tensors.scale, 1, layout, block) * inverse),
        shift(Blocks::load_channels(tensors.shift, 0, layout, block)) {}

 private:
  static Floats inverse_deviation(const ChannelLayout& layout, float epsilon, const NormTensors& tensors, std::int64_t block) {
    float numbers[Width];
    Blocks::store(numbers, Blocks::load_channels(tensors.variance, 1, layout, block) + epsilon);
    for (float& number : numbers) number = 1 / std::sqrt(number);
    return Blocks::inside(layout, block) ? Blocks::load(numbers) : Floats{};
  }
};

/// The normalized value, in front of the function. The backward computes it again: it has to come out the same to the last bit, so that a
/// relu lets the gradient through just where it let the value through.
template <int Width>
typename Vectors<Width>::Floats normalized(const NormChannels<Width>& channels, const float* x) {
  return (Vectors<Width>::load(x) - channels.mean) * channels.scale + channels.shift;
}

/// The gradient in front of the function, of the value z there; `arriving` is that of the function's result.
template <class Function, class Floats>
Floats gradient_through(const Function& function, const Floats& z, const Floats& arriving) {
  if constexpr (Function::needs_result)
    return function.backward(function.forward(z), arriving);
  else
    return function.backward(z, arriving);
}

/// Sums over pixels of the gradient g in front of the function and of g (x - mean).
template <class Floats>
struct NormSums {
  Floats total, with_input;

  NormSums& operator+=(const NormSums& other) {
    total += other.total;
    with_input += other.with_input;
    return *this;
  }
  friend NormSums operator+(NormSums a, const NormSums& b) { return a += b; }
};

/// What the gradient of batch norm's input needs besides the gradient g of its result: dx = scale (g - average - (x - mean) slope).
template <int Width>
struct NormGradientChannels {
  using Blocks = ChannelBlocks<Width>;
  using Floats = typename Blocks::Floats;

  Floats scale, average, slope;

  NormGradientChannels(const ChannelLayout& layout, const NormChannels<Width>& channels, const float* dscale, const float* dshift,
                       std::int64_t block)
      : scale(channels.scale) {
    const float share = 1 / static_cast<float>(layout.images * layout.pixels());
    average = Blocks::load_channels(dshift, 0, layout, block) * share;
    slope = channels.inverse * Blocks::load_channels(dscale, 0, layout, block) * share;
  }

  /// dx, `distance` being x - mean.
  Floats of_input(const Floats& g, const Floats& distance) const { return scale * (g - average - distance * slope); }
};

/// A plane's sums to their place among all planes'.
template <int Width>
void store_norm_sums(const NormSums<typename Vectors<Width>::Floats>& sums, std::int64_t plane, float* to) {
  Vectors<Width>::store(to + plane * 2 * Width, sums.total);
  Vectors<Width>::store(to + (plane * 2 + 1) * Width, sums.with_input);
}

/// The gradients of a block's scale and shift from each plane's sums of g and of g (x - mean), in the order of the images.
template <int Width>
void combine_norm_sums(const ChannelLayout& layout, float epsilon, const float* variance, std::int64_t block, const float* sums,
                       float* dscale, float* dshift) {
  double total[Width] = {}, with_input[Width] = {};
  for (std::int64_t n = 0; n < layout.images; ++n) {
    const float* of_plane = sums + (n * layout.blocks + block) * 2 * Width;
    for (int i = 0; i < Width; ++i) {
      total[i] += static_cast<double>(of_plane[i]);
      with_input[i] += static_cast<double>(of_plane[Width + i]);
    }
  }
  for (std::int64_t i = 0; i < ChannelBlocks<Width>::lanes(layout, block); ++i) {
    const std::int64_t c = block * Width + i;
    dshift[c] = static_cast<float>(total[i]);
    dscale[c] = static_cast<float>(with_input[i] / std::sqrt(static_cast<double>(variance[c]) + static_cast<double>(epsilon)));
  }
}

}  // namespace cnnctl::CNNCTL_ISA
