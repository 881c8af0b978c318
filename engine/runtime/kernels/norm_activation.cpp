#include <type_traits>

#include "engine/runtime/kernels/block_groups.h"
#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/eltwise_functions.h"
#include "engine/runtime/kernels/moments.h"
#include "engine/runtime/kernels/norm_channels.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// Calls first(plane, block) for every plane, between(block), then second(plane, block), group by group.
template <class First, class Between, class Second>
void in_groups(const ChannelLayout& layout, First first, Between between, Second second) {
#pragma omp parallel
  for_groups(layout, [&](const BlockGroup& group) {
    for_planes(layout, group, first);
    for_blocks(group, between);
    for_planes(layout, group, second);
  });
}

template <int Width, class Function>
void forward_plane(const NormGeometry& geometry, const NormTensors& tensors, const Function& function, std::int64_t plane,
                   std::int64_t block, const float* x, const float* other, float* y) {
  using V = ChannelBlocks<Width>;
  const NormChannels<Width> channels(geometry.layout, geometry.epsilon, tensors, block);
  const auto inside = V::inside(geometry.layout, block);
  const std::int64_t count = geometry.layout.pixels() * Width;
  for (std::int64_t i = plane * count; i < (plane + 1) * count; i += Width) {
    auto z = normalized(channels, x + i);
    if (other != nullptr) z += V::load(other + i);
    z = function.forward(z);
    if constexpr (!Function::keeps_zero) z = inside ? z : typename V::Floats{};
    V::store(y + i, z);
  }
}

/// The gradient in front of the function, where nothing is added between the norm and it.
template <class Function>
struct ThroughFunction {
  Function function;
  const float* x;
  const float* dy;

  /// For the sums; the second loop makes it once more.
  template <int Width>
  auto first(const NormChannels<Width>& channels, std::int64_t i) const {
    return gradient_through(function, normalized(channels, x + i), Vectors<Width>::load(dy + i));
  }
  template <int Width>
  auto second(const NormChannels<Width>& channels, std::int64_t i) const {
    return first(channels, i);
  }
};

/// The gradient in a residual sum: kept, since what was added wants it too.
struct ThroughSum {
  NormGradient arriving;

  template <int Width>
  auto first(const NormChannels<Width>&, std::int64_t i) const {
    using V = Vectors<Width>;
    auto g = V::load(arriving.dy + i);
    if (arriving.second != nullptr) g += V::load(arriving.second + i);
    if (arriving.result != nullptr) g = Relu{}.backward(V::load(arriving.result + i), g);
    V::store(arriving.in_sum + i, g);
    return g;
  }
  template <int Width>
  auto second(const NormChannels<Width>&, std::int64_t i) const {
    return Vectors<Width>::load(arriving.in_sum + i);
  }
};

template <int Width, class Gradient>
void backward(const NormGeometry& geometry, const NormTensors& tensors, const Gradient& gradient, const float* x, float* dscale,
              float* dshift, float* dx, float* scratch) {
  using V = Vectors<Width>;
  const ChannelLayout& layout = geometry.layout;
  const std::int64_t pixels = layout.pixels();
  const auto sum_plane = [=, &geometry](std::int64_t plane, std::int64_t block) {
    const NormChannels<Width> channels(geometry.layout, geometry.epsilon, tensors, block);
    const auto sums = sum_over(pixels, [&](std::int64_t p) {
      const std::int64_t i = (plane * pixels + p) * Width;
      const auto g = gradient.first(channels, i);
      return NormSums<typename V::Floats>{g, g * (V::load(x + i) - channels.mean)};
    });
    V::store(scratch + plane * 2 * Width, sums.total);
    V::store(scratch + (plane * 2 + 1) * Width, sums.with_input);
  };
  const auto combine = [=, &geometry](std::int64_t block) {
    combine_norm_sums<Width>(geometry.layout, geometry.epsilon, tensors.variance, block, scratch, dscale, dshift);
  };
  const auto write_plane = [=, &geometry](std::int64_t plane, std::int64_t block) {
    const NormChannels<Width> channels(geometry.layout, geometry.epsilon, tensors, block);
    const NormGradientChannels<Width> means(geometry.layout, channels, dscale, dshift, block);
    const std::int64_t count = pixels * Width;
    for (std::int64_t i = plane * count; i < (plane + 1) * count; i += Width)
      V::store(dx + i, means.of_input(gradient.second(channels, i), V::load(x + i) - channels.mean));
  };
  in_groups(layout, sum_plane, combine, write_plane);
}

/// Calls visit(width of a block as a constant, the function).
template <class Visit>
void with_width_and_function(const NormGeometry& geometry, Visit visit) {
  const auto with_function = [&](auto width) {
    if (!geometry.activation) return visit(width, Identity{});
    with_eltwise(*geometry.activation, [&](const auto& function) { visit(width, function); });
  };
  if (geometry.layout.width == 16)
    with_function(std::integral_constant<int, 16>());
  else
    with_function(std::integral_constant<int, 8>());
}

}  // namespace

void norm_forward(const NormGeometry& geometry, const NormTensors& tensors, const float* x, float* y) {
  with_width_and_function(geometry, [&](auto width, const auto& function) {
#pragma omp parallel for schedule(static)
    for (std::int64_t plane = 0; plane < geometry.layout.images * geometry.layout.blocks; ++plane)
      forward_plane<width>(geometry, tensors, function, plane, plane % geometry.layout.blocks, x, nullptr, y);
  });
}

void norm_training_forward(const NormGeometry& geometry, const NormTensors& tensors, const float* x, const float* other, float* y,
                           float* scratch) {
  with_width_and_function(geometry, [&](auto width, const auto& function) {
    const ChannelLayout& layout = geometry.layout;
    in_groups(
        layout, [&](std::int64_t plane, std::int64_t) { plane_moments<width>(layout, plane, x, scratch); },
        [&](std::int64_t block) { combine_moments<width>(layout, block, scratch, tensors.mean, tensors.variance); },
        [&](std::int64_t plane, std::int64_t block) { forward_plane<width>(geometry, tensors, function, plane, block, x, other, y); });
  });
}

void norm_training_backward(const NormGeometry& geometry, const NormTensors& tensors, const float* x, const NormGradient& arriving,
                            float* dscale, float* dshift, float* dx, float* scratch) {
  with_width_and_function(geometry, [&](auto width, const auto& function) {
    if (arriving.in_sum != nullptr)
      backward<width>(geometry, tensors, ThroughSum{arriving}, x, dscale, dshift, dx, scratch);
    else
      backward<width>(geometry, tensors, ThroughFunction<std::decay_t<decltype(function)>>{function, x, arriving.dy}, x, dscale, dshift, dx,
                      scratch);
  });
}

}  // namespace cnnctl::CNNCTL_ISA
