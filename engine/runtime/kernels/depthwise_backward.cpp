#include <omp.h>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/depthwise_backward.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// Planes as they stand in memory.
template <int Width>
struct StoredPlane {
  CopiedRows<Width> x, dy;
  std::int64_t columns;  // of dy
  float* bias;           // the plane's part of the bias's gradient, or nullptr

  void fill_input(std::int64_t row, float* to, std::int64_t pixels) const { x(row, to, pixels); }
  void fill_gradient(std::int64_t row, float* to, std::int64_t pixels) const { dy(row, to, pixels); }
  void see_gradient(const float* row) const {
    using V = Vectors<Width>;
    if (bias == nullptr) return;
    typename V::Floats sum{};
    for (std::int64_t i = 0; i < columns; ++i) sum += V::load(row + i * Width);
    V::store(bias, V::load(bias) + sum);
  }
  void finish_row(std::int64_t) const {}
};

/// A block's gradient of the bias from its images' parts.
template <int Width>
void finish_bias(const DepthwiseGeometry& g, const float* parts, std::int64_t block, float* db) {
  const auto bias = sum_of_parts<Width>(g, parts, block, g.kernel * g.kernel);
  std::memcpy(db + block * Width, &bias, static_cast<std::size_t>(ChannelBlocks<Width>::lanes(g.in, block)) * sizeof(float));
}

}  // namespace

void depthwise_backward(const DepthwiseGeometry& g, const float* x, const float* dy, const float* w, const DepthwiseGradients& gradients,
                        float* parts, float* scratch) {
  with_constants(g, [&](auto width, auto kernel, auto stride) {
    constexpr int taps = kernel * kernel;
    const std::int64_t blocks = g.in.blocks;
#pragma omp parallel num_threads(g.threads)
    {
      auto rows = plane_rows<width, kernel, stride>(g, scratch + omp_get_thread_num() * depthwise_backward_scratch(g));
#pragma omp for schedule(static)
      for (std::int64_t i = 0; i < g.in.images * blocks; ++i) {
        float* part = parts + i * (taps + 1) * width;
        std::fill(part + taps * width, part + (taps + 1) * width, 0.0F);
        StoredPlane<width> plane{{x + i * g.in.pixels() * width, g.in.width_pixels},
                                 {dy + i * g.out.pixels() * width, g.out.width_pixels},
                                 g.out.width_pixels,
                                 gradients.bias ? part + taps * width : nullptr};
        float* dx = gradients.data ? gradients.data + i * g.in.pixels() * width : nullptr;
        backward_plane(g, plane, rows, w + i % blocks * taps * width, {dx, gradients.add, part});
      }
#pragma omp for schedule(static)
      for (std::int64_t block = 0; block < blocks; ++block) {
        finish_weights<width>(g, parts, block, gradients.weights);
        if (gradients.bias) finish_bias<width>(g, parts, block, gradients.bias);
      }
    }
  });
}

}  // namespace cnnctl::CNNCTL_ISA
