#include <algorithm>

#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// Calls visit(output pixel, input pixel or -1) for every pixel of the output.
template <class Visit>
inline __attribute__((always_inline)) void each_pixel(const PadGeometry& g, Visit visit) {
  std::int64_t pixel = 0;
  for (const std::int64_t row : g.rows)
    for (const std::int64_t column : g.columns) visit(pixel++, row < 0 || column < 0 ? -1 : row * g.in.width_pixels + column);
}

template <int Width>
void forward_plane(const PadGeometry& g, std::int64_t block, const float* x, float* y) {
  using V = ChannelBlocks<Width>;
  const auto value = V::load_channels(nullptr, g.value, g.in, block);
  each_pixel(g, [&](std::int64_t to, std::int64_t from) { V::store(y + to * Width, from < 0 ? value : V::load(x + from * Width)); });
}

template <int Width>
void backward_plane(const PadGeometry& g, const float* dy, float* dx) {
  using V = Vectors<Width>;
  std::fill(dx, dx + g.in.pixels() * Width, 0.0F);
  each_pixel(g, [&](std::int64_t from, std::int64_t to) {
    if (to >= 0) V::store(dx + to * Width, V::load(dx + to * Width) + V::load(dy + from * Width));
  });
}

}  // namespace

void pad_forward(const PadGeometry& geometry, const float* x, float* y) {
  const auto forward = geometry.in.width == 16 ? forward_plane<16> : forward_plane<8>;
  const std::int64_t in = geometry.in.pixels() * geometry.in.width, out = geometry.out.pixels() * geometry.in.width;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < geometry.in.images * geometry.in.blocks; ++plane)
    forward(geometry, plane % geometry.in.blocks, x + plane * in, y + plane * out);
}

void pad_backward(const PadGeometry& geometry, const float* dy, float* dx) {
  const auto backward = geometry.in.width == 16 ? backward_plane<16> : backward_plane<8>;
  const std::int64_t in = geometry.in.pixels() * geometry.in.width, out = geometry.out.pixels() * geometry.in.width;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < geometry.in.images * geometry.in.blocks; ++plane)
    backward(geometry, dy + plane * out, dx + plane * in);
}

}  // namespace cnnctl::CNNCTL_ISA
