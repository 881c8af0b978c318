#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// Where the lanes of an output's block come from: `offset` elements from the image's first, at the first pixel.
template <int Width>
struct Lanes {
  int count = 0;
  int lane[Width];
  std::int64_t offset[Width];
};

template <int Width>
Lanes<Width> lanes_of(const GatherGeometry& g, std::int64_t block) {
  Lanes<Width> lanes;
  for (int lane = 0; lane < Width; ++lane) {
    const std::int64_t channel = g.source[static_cast<std::size_t>(block * Width + lane)];
    if (channel < 0) continue;
    lanes.lane[lanes.count] = lane;
    lanes.offset[lanes.count++] = channel / Width * g.in.pixels() * Width + channel % Width;
  }
  return lanes;
}

/// Whether the first lanes come from the same ones of one block, and no others.
template <int Width>
bool is_copy(const Lanes<Width>& lanes) {
  for (int i = 0; i < lanes.count; ++i)
    if (lanes.lane[i] != i || lanes.offset[i] != lanes.offset[0] + i) return false;
  return lanes.count > 0 && lanes.offset[0] % Width == 0;
}

template <int Width>
void gather_plane(const GatherGeometry& g, std::int64_t block, const float* image, float* y) {
  using V = ChannelBlocks<Width>;
  const std::int64_t pixels = g.in.pixels();
  const Lanes<Width> lanes = lanes_of<Width>(g, block);
  if (is_copy(lanes)) {
    typename V::Ints inside{};
    for (int i = 0; i < lanes.count; ++i) inside[i] = -1;
    const float* x = image + lanes.offset[0];
    for (std::int64_t p = 0; p < pixels; ++p) V::store(y + p * Width, inside ? V::load(x + p * Width) : typename V::Floats{});
    return;
  }
  if (lanes.count == Width) {
    for (std::int64_t p = 0; p < pixels; ++p)
      unrolled<Width>([&](auto lane) { y[p * Width + lane] = image[lanes.offset[lane] + p * Width]; });
    return;
  }
  for (std::int64_t p = 0; p < pixels; ++p) {
    V::store(y + p * Width, typename V::Floats{});
    for (int i = 0; i < lanes.count; ++i) y[p * Width + lanes.lane[i]] = image[lanes.offset[i] + p * Width];
  }
}

}  // namespace

void gather_channels(const GatherGeometry& geometry, const float* x, float* y) {
  const auto gather = geometry.in.width == 16 ? gather_plane<16> : gather_plane<8>;
  const ChannelLayout &in = geometry.in, &out = geometry.out;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < out.images * out.blocks; ++plane)
    gather(geometry, plane % out.blocks, x + plane / out.blocks * in.blocks * in.pixels() * in.width, y + plane * out.pixels() * out.width);
}

}  // namespace cnnctl::CNNCTL_ISA
