#pragma once

#include <type_traits>

#include "engine/runtime/kernels/depthwise_rows.h"
#include "engine/runtime/kernels/eltwise_functions.h"
#include "engine/runtime/kernels/moments.h"
#include "engine/runtime/kernels/norm_channels.h"

namespace cnnctl::CNNCTL_ISA {

/// Calls visit(the function behind a batch norm, or the identity).
template <class Visit>
void with_norm_function(const NormGeometry& geometry, Visit visit) {
  geometry.activation ? with_eltwise(*geometry.activation, visit) : visit(Identity{});
}

/// A batch norm with its function on runs of pixels of one block, for loops that go through a map row by row.
template <int Width>
class NormRows {
  using V = Vectors<Width>;

 public:
  using Sums = NormSums<typename V::Floats>;

  NormRows(const NormGeometry& geometry, const NormTensors& tensors, std::int64_t block)
      : geometry_(geometry),
        channels_(geometry.layout, geometry.epsilon, tensors, block),
        inside_(ChannelBlocks<Width>::inside(geometry.layout, block)) {}

  /// y = f(norm(x)), or f(norm(x) + other) where `other` is not nullptr.
  void forward(const float* x, const float* other, float* y, std::int64_t pixels) const {
    with_norm_function(geometry_, [=, channels = channels_, inside = inside_](const auto& function) {
      for (std::int64_t i = 0; i < pixels * Width; i += Width) {
        __builtin_prefetch(x + kAhead + i);
        auto z = normalized(channels, x + i);
        if (other != nullptr) z += V::load(other + i);
        z = function.forward(z);
        if constexpr (!std::decay_t<decltype(function)>::keeps_zero) z = inside ? z : typename V::Floats{};
        V::store(y + i, z);
      }
    });
  }

  /// What the gradients of scale and shift are made of, dy being the gradient of forward's result without `other`.
  Sums sums(const float* x, const float* dy, std::int64_t pixels) const {
    Sums result{};
    with_norm_function(geometry_, [=, &result, channels = channels_](const auto& function) {
      result = sum_over(pixels, [=](std::int64_t p) {
        const std::int64_t i = p * Width;
        __builtin_prefetch(x + kAhead + i);
        __builtin_prefetch(dy + kAhead + i);
        const auto g = gradient_through(function, normalized(channels, x + i), V::load(dy + i));
        return Sums{g, g * (V::load(x + i) - channels.mean)};
      });
    });
    return result;
  }

  /// The gradient of x. dx may be dy.
  void backward(const NormGradientChannels<Width>& gradient_channels, const float* x, const float* dy, float* dx,
                std::int64_t pixels) const {
    with_norm_function(geometry_, [=, means = gradient_channels, channels = channels_](const auto& function) {
      for (std::int64_t i = 0; i < pixels * Width; i += Width) {
        __builtin_prefetch(x + kAhead + i);
        __builtin_prefetch(dy + kAhead + i);
        const auto g = gradient_through(function, normalized(channels, x + i), V::load(dy + i));
        V::store(dx + i, means.of_input(g, V::load(x + i) - channels.mean));
      }
    });
  }

  /// What backward needs, from the finished gradients of scale and shift.
  NormGradientChannels<Width> means(const float* dscale, const float* dshift, std::int64_t block) const {
    return {geometry_.layout, channels_, dscale, dshift, block};
  }

 private:
  const NormGeometry& geometry_;
  NormChannels<Width> channels_;
  typename V::Ints inside_;
};

}  // namespace cnnctl::CNNCTL_ISA
