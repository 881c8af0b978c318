#include <algorithm>

#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

struct Span {
  std::int64_t first, last;
};

/// What output `out` of `outs` covers of `in` inputs.
Span covered(std::int64_t out, std::int64_t outs, std::int64_t in) { return {out * in / outs, ((out + 1) * in + outs - 1) / outs}; }

/// Calls `visit(output pixel, rows, columns, 1 / size)` for every window.
template <class Visit>
void each_window(const ChannelLayout& in, const ChannelLayout& out, Visit visit) {
  for (std::int64_t oh = 0; oh < out.height_pixels; ++oh)
    for (std::int64_t ow = 0; ow < out.width_pixels; ++ow) {
      const Span rows = covered(oh, out.height_pixels, in.height_pixels), columns = covered(ow, out.width_pixels, in.width_pixels);
      const auto size = static_cast<float>((rows.last - rows.first) * (columns.last - columns.first));
      visit(oh * out.width_pixels + ow, rows, columns, 1 / size);
    }
}

void forward_plane(const ChannelLayout& in, const ChannelLayout& out, const float* x, float* y) {
  each_window(in, out, [&](std::int64_t pixel, Span rows, Span columns, float share) {
    float* to = y + pixel * in.width;
    std::fill(to, to + in.width, 0.0F);
    for (std::int64_t h = rows.first; h < rows.last; ++h)
      for (std::int64_t w = columns.first; w < columns.last; ++w)
        for (std::int64_t c = 0; c < in.width; ++c) to[c] += x[(h * in.width_pixels + w) * in.width + c];
    for (std::int64_t c = 0; c < in.width; ++c) to[c] *= share;
  });
}

void backward_plane(const ChannelLayout& in, const ChannelLayout& out, const float* dy, float* dx) {
  std::fill(dx, dx + in.pixels() * in.width, 0.0F);
  each_window(in, out, [&](std::int64_t pixel, Span rows, Span columns, float share) {
    const float* from = dy + pixel * in.width;
    for (std::int64_t h = rows.first; h < rows.last; ++h)
      for (std::int64_t w = columns.first; w < columns.last; ++w)
        for (std::int64_t c = 0; c < in.width; ++c) dx[(h * in.width_pixels + w) * in.width + c] += from[c] * share;
  });
}

}  // namespace

void adaptive_pool_forward(const ChannelLayout& in, const ChannelLayout& out, const float* x, float* y) {
  const std::int64_t from = in.pixels() * in.width, to = out.pixels() * in.width;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < in.images * in.blocks; ++plane) forward_plane(in, out, x + plane * from, y + plane * to);
}

void adaptive_pool_backward(const ChannelLayout& in, const ChannelLayout& out, const float* dy, float* dx) {
  const std::int64_t to = in.pixels() * in.width, from = out.pixels() * in.width;
#pragma omp parallel for schedule(static)
  for (std::int64_t plane = 0; plane < in.images * in.blocks; ++plane) backward_plane(in, out, dy + plane * from, dx + plane * to);
}

}  // namespace cnnctl::CNNCTL_ISA
