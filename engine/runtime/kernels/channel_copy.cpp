#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

// Channels that a loop over pixels takes along; a wider run is cut.
constexpr int kMostLanes = 16;
// Pixels that one thread copies at a time, all channels of them.
constexpr std::int64_t kPixels = 256;

/// y = x or y += x for `Count` channels side by side, pixel by pixel; strides between pixels in floats.
template <int Count, bool Add>
void copy_lanes(const float* x, std::int64_t x_stride, float* y, std::int64_t y_stride, std::int64_t pixels) {
  for (std::int64_t p = 0; p < pixels; ++p, x += x_stride, y += y_stride) {
    float lanes[Count], sums[Count];  // of their own, so that the compiler need not fear that y is part of x
    std::memcpy(lanes, x, sizeof lanes);
    std::memcpy(sums, y, sizeof sums);
    for (int i = 0; i < Count; ++i) sums[i] = Add ? sums[i] + lanes[i] : lanes[i];
    std::memcpy(y, sums, sizeof sums);
  }
}

template <bool Add>
void copy_contiguous(const float* x, float* y, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = Add ? y[i] + x[i] : x[i];
}

using CopyLanes = void (*)(const float*, std::int64_t, float*, std::int64_t, std::int64_t);

/// copy_lanes for 1, 2 ... kMostLanes channels.
template <bool Add>
constexpr auto lane_copies = []<int... Index>(std::integer_sequence<int, Index...>) {
  return std::array<CopyLanes, sizeof...(Index)>{copy_lanes<Index + 1, Add>...};
}
(std::make_integer_sequence<int, kMostLanes>());

template <bool Add>
void copy_run(std::int64_t count, const float* x, std::int64_t x_stride, float* y, std::int64_t y_stride, std::int64_t pixels) {
  if (count == x_stride && count == y_stride) return copy_contiguous<Add>(x, y, pixels * count);
  lane_copies<Add>[static_cast<std::size_t>(count - 1)](x, x_stride, y, y_stride, pixels);
}

/// Where channel c of the pixel p of an image stands.
std::int64_t place(const ChannelLayout& layout, std::int64_t image, std::int64_t c, std::int64_t p) {
  return ((image * layout.blocks + c / layout.width) * layout.pixels() + p) * layout.width + c % layout.width;
}

/// Zeroes what fills the last block up.
void clear_padding(const ChannelLayout& layout, std::int64_t image, std::int64_t first_pixel, std::int64_t pixels, float* y) {
  const std::int64_t used = layout.channels % layout.width;
  if (used == 0) return;
  float* at = y + place(layout, image, layout.channels - 1, first_pixel) + 1;
  for (std::int64_t p = 0; p < pixels; ++p) std::fill_n(at + p * layout.width, layout.width - used, 0.0F);
}

template <bool Add>
void copy_pixels(const ChannelCopy& g, std::int64_t image, std::int64_t first_pixel, std::int64_t pixels, const float* x, float* y) {
  for (std::int64_t c = 0; c < g.channels;) {
    const std::int64_t from = g.from_first + c, to = g.to_first + c;
    const std::int64_t lanes =
        std::min({g.channels - c, g.from.width - from % g.from.width, g.to.width - to % g.to.width, std::int64_t{kMostLanes}});
    copy_run<Add>(lanes, x + place(g.from, image, from, first_pixel), g.from.width, y + place(g.to, image, to, first_pixel), g.to.width,
                  pixels);
    c += lanes;
  }
  if (!Add && g.to_first + g.channels == g.to.channels) clear_padding(g.to, image, first_pixel, pixels, y);
}

}  // namespace

void copy_channels(const ChannelCopy& geometry, bool add, const float* x, float* y) {
  const std::int64_t pixels = geometry.to.pixels(), parts = (pixels + kPixels - 1) / kPixels;
#pragma omp parallel for schedule(static)
  for (std::int64_t unit = 0; unit < geometry.to.images * parts; ++unit) {
    const std::int64_t image = unit / parts, first = unit % parts * kPixels, count = std::min(kPixels, pixels - first);
    add ? copy_pixels<true>(geometry, image, first, count, x, y) : copy_pixels<false>(geometry, image, first, count, x, y);
  }
}

}  // namespace cnnctl::CNNCTL_ISA
