#include <array>
#include <optional>

#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

// Pixels that are worked on together, so that a load does not wait for the stores that it spans.
constexpr std::int64_t kChunk = 16;

/// How the lanes of an output's block follow from the input's channels, counted from 0 at the image's first; -1 is a lane of zero.
template <int Width>
struct Lanes {
  std::array<std::int64_t, Width> channel;

  Lanes(const GatherGeometry& g, std::int64_t block) { std::copy_n(g.source.begin() + block * Width, Width, channel.begin()); }

  /// The channel of lane `phase`, if that and the lanes `step` apart behind it come from channels `stride` apart; nothing where they do
  /// not. Lanes of zero go with anything.
  std::optional<std::int64_t> run(int phase, int step, int stride) const {
    std::optional<std::int64_t> first;
    for (int i = phase; i < Width; i += step) {
      const auto lane = static_cast<std::size_t>(i);
      if (channel[lane] < 0) continue;
      const std::int64_t start = channel[lane] - std::int64_t{i / step} * stride;
      if (first.value_or(start) != start) return std::nullopt;
      first = start;
    }
    return first.value_or(0);
  }

  typename Vectors<Width>::Ints present() const {
    typename Vectors<Width>::Ints mask{};
    for (int i = 0; i < Width; ++i) mask[i] = channel[static_cast<std::size_t>(i)] < 0 ? 0 : -1;
    return mask;
  }
};

/// The planes of one image of the input and one block of the output, from a pixel on.
struct Planes {
  const float* image;
  float* y;
  std::int64_t pixels;
};

/// Copies the blocks that hold the channels from `first` on, pixel by pixel; returns where `first` stands in the copy of a pixel. What lies
/// before the first and behind the last block is zero.
template <int Width, int Blocks>
std::int64_t copy_blocks(const GatherGeometry& g, std::int64_t first, const Planes& planes, float* copy) {
  using V = Vectors<Width>;
  const std::int64_t before = (first % Width + Width) % Width;
  for (int i = 0; i < Blocks; ++i) {
    const std::int64_t block = (first - before) / Width + i;
    const float* x = block >= 0 && block < g.in.blocks ? planes.image + block * g.in.pixels() * Width : nullptr;
    for (std::int64_t p = 0; p < planes.pixels; ++p)
      V::store(copy + (p * Blocks + i) * Width, x != nullptr ? V::load(x + p * Width) : typename V::Floats{});
  }
  return before;
}

/// A block from channels one after another.
template <int Width>
void write_run(const GatherGeometry& g, const Lanes<Width>& lanes, std::int64_t first, const Planes& planes) {
  using V = Vectors<Width>;
  float copy[kChunk * 2 * Width];
  const std::int64_t at = copy_blocks<Width, 2>(g, first, planes, copy);
  const auto present = lanes.present();
  for (std::int64_t p = 0; p < planes.pixels; ++p)
    V::store(planes.y + p * Width, present ? V::load(copy + p * 2 * Width + at) : typename V::Floats{});
}

/// A block whose even lanes come from one run of channels and whose odd lanes from another: a shuffle of two groups.
template <int Width>
void write_interleaved(const GatherGeometry& g, const Lanes<Width>& lanes, std::int64_t even, std::int64_t odd, const Planes& planes) {
  using V = Vectors<Width>;
  float evens[kChunk * 2 * Width], odds[kChunk * 2 * Width];
  const std::int64_t even_at = copy_blocks<Width, 2>(g, even, planes, evens), odd_at = copy_blocks<Width, 2>(g, odd, planes, odds);
  const auto present = lanes.present();
  for (std::int64_t p = 0; p < planes.pixels; ++p) {
    const auto a = V::load(evens + p * 2 * Width + even_at), b = V::load(odds + p * 2 * Width + odd_at);
    V::store(planes.y + p * Width, present ? V::interleave(a, b) : typename V::Floats{});
  }
}

/// A block from every second channel: the way back.
template <int Width>
void write_every_second(const GatherGeometry& g, const Lanes<Width>& lanes, std::int64_t first, const Planes& planes) {
  using V = Vectors<Width>;
  float copy[kChunk * 3 * Width];
  const std::int64_t at = copy_blocks<Width, 3>(g, first, planes, copy);
  const auto present = lanes.present();
  for (std::int64_t p = 0; p < planes.pixels; ++p) {
    const float* pixel = copy + p * 3 * Width + at;
    V::store(planes.y + p * Width, present ? V::every_second(V::load(pixel), V::load(pixel + Width)) : typename V::Floats{});
  }
}

template <int Width>
void write_lanes(const GatherGeometry& g, const Lanes<Width>& lanes, const Planes& planes) {
  for (std::int64_t p = 0; p < planes.pixels; ++p)
    for (std::int64_t i = 0; i < Width; ++i) {
      const std::int64_t channel = lanes.channel[static_cast<std::size_t>(i)];
      const std::int64_t at = (channel / Width * g.in.pixels() + p) * Width + channel % Width;
      planes.y[p * Width + i] = channel < 0 ? 0 : planes.image[at];
    }
}

/// Calls write(planes) for one chunk of pixels after another.
template <int Width, class Write>
void each_chunk(const GatherGeometry& g, const float* image, float* y, Write write) {
  for (std::int64_t p = 0; p < g.in.pixels(); p += kChunk)
    write(Planes{image + p * Width, y + p * Width, std::min(kChunk, g.in.pixels() - p)});
}

template <int Width>
void gather_plane(const GatherGeometry& g, std::int64_t block, const float* image, float* y) {
  const Lanes<Width> lanes(g, block);
  if (const auto first = lanes.run(0, 1, 1))
    return each_chunk<Width>(g, image, y, [&](const Planes& planes) { write_run<Width>(g, lanes, *first, planes); });
  if (const auto even = lanes.run(0, 2, 1), odd = lanes.run(1, 2, 1); even && odd)
    return each_chunk<Width>(g, image, y, [&](const Planes& planes) { write_interleaved<Width>(g, lanes, *even, *odd, planes); });
  if (const auto first = lanes.run(0, 1, 2))
    return each_chunk<Width>(g, image, y, [&](const Planes& planes) { write_every_second<Width>(g, lanes, *first, planes); });
  each_chunk<Width>(g, image, y, [&](const Planes& planes) { write_lanes<Width>(g, lanes, planes); });
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
