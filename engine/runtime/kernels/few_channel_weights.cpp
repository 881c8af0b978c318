#include <omp.h>

#include <algorithm>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

// Output channel blocks that share the loads of an input pixel; with them a row's accumulators still fit the registers.
constexpr int kBlocks = 2;

/// The input's plane with its zeros around, so that the inner loop needs no check: [in height + 2 padding][in width + 2 padding].
void pad_plane(const FewChannelGeometry& g, const float* x, float* padded) {
  const std::int64_t row = g.padded_width();
  std::fill(padded, padded + g.padded_height() * row, 0.0F);
  for (std::int64_t h = 0; h < g.in.height_pixels; ++h)
    std::copy(x + h * g.in.width_pixels, x + (h + 1) * g.in.width_pixels, padded + (h + g.padding_top) * row + g.padding_left);
}

/// Adds one image's part of dW for `Blocks` blocks of output channels and one row of the kernel: its Taps accumulators a block stay in
/// registers.
template <int Width, int Taps, int Blocks>
void add_kernel_row(const FewChannelGeometry& g, const float* padded, const float* dy, std::int64_t kh, float* dw,
                    std::int64_t block_stride) {
  using V = Vectors<Width>;
  const std::int64_t plane = g.out.pixels() * Width;
  typename V::Floats sums[Blocks][Taps];
  for (int b = 0; b < Blocks; ++b)
    for (int k = 0; k < Taps; ++k) sums[b][k] = V::load(dw + b * block_stride + k * Width);
  for (std::int64_t oh = 0; oh < g.out.height_pixels; ++oh) {
    const float* row = padded + (oh * g.stride_height + kh) * g.padded_width();
    const float* gradient = dy + oh * g.out.width_pixels * Width;
    for (std::int64_t ow = 0; ow < g.out.width_pixels; ++ow, gradient += Width, row += g.stride_width)
      for (int b = 0; b < Blocks; ++b) {
        const auto d = V::load(gradient + b * plane);
        for (int k = 0; k < Taps; ++k) sums[b][k] += d * row[k];
      }
  }
  for (int b = 0; b < Blocks; ++b)
    for (int k = 0; k < Taps; ++k) V::store(dw + b * block_stride + k * Width, sums[b][k]);
}

template <int Width, int Taps>
void add_image(const FewChannelGeometry& g, const float* x, const float* dy, float* padded, float* dw) {
  const std::int64_t block_stride = g.in.channels * g.kernel_height * Taps * Width, plane = g.out.pixels() * Width;
  for (std::int64_t ci = 0; ci < g.in.channels; ++ci) {
    pad_plane(g, x + ci * g.in.pixels(), padded);
    for (std::int64_t kh = 0; kh < g.kernel_height; ++kh) {
      float* row = dw + (ci * g.kernel_height + kh) * Taps * Width;
      std::int64_t b = 0;
      for (; b + kBlocks <= g.out.blocks; b += kBlocks)
        add_kernel_row<Width, Taps, kBlocks>(g, padded, dy + b * plane, kh, row + b * block_stride, block_stride);
      for (; b < g.out.blocks; ++b) add_kernel_row<Width, Taps, 1>(g, padded, dy + b * plane, kh, row + b * block_stride, block_stride);
    }
  }
}

template <int Width>
void add_bias(const FewChannelGeometry& g, const float* dy, float* db) {
  using V = Vectors<Width>;
  for (std::int64_t b = 0; b < g.out.blocks; ++b) {
    typename V::Floats sum = V::load(db + b * Width);
    for (std::int64_t p = 0; p < g.out.pixels(); ++p) sum += V::load(dy + (b * g.out.pixels() + p) * Width);
    V::store(db + b * Width, sum);
  }
}

template <int Width>
void add_image_of(const FewChannelGeometry& g, const float* x, const float* dy, float* padded, float* dw) {
  switch (g.kernel_width) {
    case 1:
      return add_image<Width, 1>(g, x, dy, padded, dw);
    case 3:
      return add_image<Width, 3>(g, x, dy, padded, dw);
    case 5:
      return add_image<Width, 5>(g, x, dy, padded, dw);
    default:
      return add_image<Width, 7>(g, x, dy, padded, dw);
  }
}

/// Every thread sums its images into scratch of its own; the threads' sums are then added in their order.
template <int Width>
void run(const FewChannelGeometry& g, const float* x, const float* dy, float* dw, float* db, float* scratch) {
  const std::int64_t weights = g.out.blocks * g.in.channels * g.kernel_height * g.kernel_width * Width, bias = g.out.blocks * Width;
  const std::int64_t part = few_channel_scratch(g);
  int threads = 1;
#pragma omp parallel num_threads(g.threads)
  {
    const int thread = omp_get_thread_num();
#pragma omp single
    threads = omp_get_num_threads();
    float* mine = scratch + thread * part;
    std::fill(mine, mine + weights + bias, 0.0F);
#pragma omp for schedule(static)
    for (std::int64_t n = 0; n < g.in.images; ++n) {
      const float* gradient = dy + n * g.out.blocks * g.out.pixels() * Width;
      add_image_of<Width>(g, x + n * g.in.channels * g.in.pixels(), gradient, mine + weights + bias, mine);
      add_bias<Width>(g, gradient, mine + weights);
    }
  }
  const std::int64_t taps = g.in.channels * g.kernel_height * g.kernel_width;
  const auto total = [&](std::int64_t at) {
    float sum = 0;
    for (int t = 0; t < threads; ++t) sum += scratch[t * part + at];
    return sum;
  };
  for (std::int64_t c = 0; c < g.out.channels; ++c) {
    for (std::int64_t k = 0; k < taps; ++k) dw[c * taps + k] = total((c / Width * taps + k) * Width + c % Width);
    if (db) db[c] = total(weights + c);
  }
}

}  // namespace

void few_channel_weights(const FewChannelGeometry& geometry, const float* x, const float* dy, float* dw, float* db, float* scratch) {
  geometry.out.width == 16 ? run<16>(geometry, x, dy, dw, db, scratch) : run<8>(geometry, x, dy, dw, db, scratch);
}

}  // namespace cnnctl::CNNCTL_ISA
