#include <limits>

#include "engine/runtime/kernels/block_groups.h"
#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/moments.h"
#include "engine/runtime/kernels/norm_channels.h"
#include "engine/runtime/kernels/pooling_windows.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// y = max over the window of relu(x scale + shift), and where that was.
template <int Width, int Kernel>
void pool_plane(const PoolingGeometry& g, const float* x, typename Vectors<Width>::Floats scale, typename Vectors<Width>::Floats shift,
                float* y, std::uint8_t* index) {
  using V = Vectors<Width>;
  for_plane_windows<Width, Kernel>(
      g, x, [&](std::int64_t out, const WindowSpan& rows, const WindowSpan& columns) __attribute__((always_inline)) {
        typename V::Floats best = typename V::Floats{} - std::numeric_limits<float>::infinity();
        typename V::Ints place{};
        for_taps<Kernel>(
            g, rows, columns, [&](std::int64_t pixel, std::int32_t tap) __attribute__((always_inline)) {
              const auto v = V::load(x + pixel * Width) * scale + shift;
              const auto loses = v <= best;  // not a NaN, of which all of a normalized channel is one
              best = loses ? best : v;
              place = loses ? place : typename V::Ints{} + tap;
            });
        const auto blocked = best <= 0.0F;
        V::store(y + out, blocked ? typename V::Floats{} : best);
        V::store(index + out, blocked ? typename V::Ints{} + kNoTap : place);
      });
}

template <int Width, int Kernel>
void forward(const NormPoolingGeometry& geometry, const NormTensors& t, const float* x, float* y, std::uint8_t* index, float* scratch) {
  const PoolingGeometry& g = geometry.pooling;
  const std::int64_t in = g.in.pixels() * Width, out = g.out.pixels() * Width;
  in_groups(
      g.in, [&](std::int64_t plane, std::int64_t) { plane_moments<Width>(g.in, plane, x, scratch); },
      [&](std::int64_t block) { combine_moments<Width>(g.in, block, scratch, t.mean, t.variance); },
      [&](std::int64_t plane, std::int64_t block) {
        const NormChannels<Width> channels(g.in, geometry.epsilon, t, block);
        const auto shift = channels.shift - channels.mean * channels.scale;
        pool_plane<Width, Kernel>(g, x + plane * in, channels.scale, shift, y + plane * out, index + plane * out);
      });
}

}  // namespace

void norm_relu_pool_forward(const NormPoolingGeometry& geometry, const NormTensors& tensors, const float* x, float* y, std::uint8_t* index,
                            float* scratch) {
  with_kernel(geometry.pooling, [&](auto kernel) {
    geometry.pooling.in.width == 16 ? forward<16, kernel>(geometry, tensors, x, y, index, scratch)
                                    : forward<8, kernel>(geometry, tensors, x, y, index, scratch);
  });
}

}  // namespace cnnctl::CNNCTL_ISA
