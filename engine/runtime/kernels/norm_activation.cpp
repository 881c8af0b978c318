#include <type_traits>

#include "engine/runtime/kernels/block_groups.h"
#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/norm_rows.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// Calls visit(width of a block as a constant).
template <class Visit>
void with_width(const ChannelLayout& layout, Visit visit) {
  layout.width == 16 ? visit(std::integral_constant<int, 16>()) : visit(std::integral_constant<int, 8>());
}

template <int Width>
void forward_plane(const NormGeometry& geometry, const NormTensors& tensors, std::int64_t plane, std::int64_t block, const float* x,
                   const float* other, float* y) {
  const std::int64_t pixels = geometry.layout.pixels(), at = plane * pixels * Width;
  NormRows<Width>(geometry, tensors, block).forward(x + at, other == nullptr ? nullptr : other + at, y + at, pixels);
}

/// Stores a plane's gradient in a residual sum, since what was added wants it too. `begin` and `end`: where the plane stands.
template <int Width>
void store_gradient_in_sum(const NormGradient& arriving, std::int64_t begin, std::int64_t end) {
  using V = Vectors<Width>;
  const auto [dy, second, result, in_sum] = arriving;
  for (std::int64_t i = begin; i < end; i += Width) {
    auto g = V::load(dy + i);
    if (second != nullptr) g += V::load(second + i);
    if (result != nullptr) g = Relu{}.backward(V::load(result + i), g);
    V::store(in_sum + i, g);
  }
}

}  // namespace

void plane_moments(const ChannelLayout& layout, const float* x, float* moments) {
  with_width(layout, [&](auto width) {
#pragma omp parallel for schedule(static)
    for (std::int64_t plane = 0; plane < layout.images * layout.blocks; ++plane) plane_moments<width>(layout, plane, x, moments);
  });
}

void norm_forward(const NormGeometry& geometry, const NormTensors& tensors, const float* x, float* y) {
  with_width(geometry.layout, [&](auto width) {
#pragma omp parallel for schedule(static)
    for (std::int64_t plane = 0; plane < geometry.layout.images * geometry.layout.blocks; ++plane)
      forward_plane<width>(geometry, tensors, plane, plane % geometry.layout.blocks, x, nullptr, y);
  });
}

void norm_training_forward(const NormGeometry& geometry, const NormTensors& tensors, const float* x, const float* other,
                           const float* moments, float* y, float* scratch) {
  with_width(geometry.layout, [&](auto width) {
    const ChannelLayout& layout = geometry.layout;
    const bool known = moments != nullptr;
    in_groups(
        layout,
        [&](std::int64_t plane, std::int64_t) {
          if (!known) plane_moments<width>(layout, plane, x, scratch);
        },
        [&](std::int64_t block) { combine_moments<width>(layout, block, known ? moments : scratch, tensors.mean, tensors.variance); },
        [&](std::int64_t plane, std::int64_t block) { forward_plane<width>(geometry, tensors, plane, block, x, other, y); });
  });
}

void norm_training_backward(const NormGeometry& geometry, const NormTensors& tensors, const float* x, const NormGradient& arriving,
                            float* dscale, float* dshift, float* dx, float* scratch) {
  const bool through_sum = arriving.in_sum != nullptr;
  // The gradient in a residual sum has passed the function behind it.
  const NormGeometry inner{geometry.layout, geometry.epsilon, through_sum ? std::nullopt : geometry.activation};
  const float* dy = through_sum ? arriving.in_sum : arriving.dy;
  with_width(geometry.layout, [&](auto width) {
    const std::int64_t pixels = geometry.layout.pixels(), plane_floats = pixels * width;
    in_groups(
        geometry.layout,
        [&](std::int64_t plane, std::int64_t block) {
          const NormRows<width> norm(inner, tensors, block);
          const std::int64_t at = plane * plane_floats;
          if (through_sum) store_gradient_in_sum<width>(arriving, at, at + plane_floats);
          store_norm_sums<width>(norm.sums(x + at, dy + at, pixels), plane, scratch);
        },
        [&](std::int64_t block) {
          combine_norm_sums<width>(geometry.layout, geometry.epsilon, tensors.variance, block, scratch, dscale, dshift);
        },
        [&](std::int64_t plane, std::int64_t block) {
          const NormRows<width> norm(inner, tensors, block);
          const std::int64_t at = plane * plane_floats;
          norm.backward(norm.means(dscale, dshift, block), x + at, dy + at, dx + at, pixels);
        });
  });
}

}  // namespace cnnctl::CNNCTL_ISA
