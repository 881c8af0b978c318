#include <omp.h>

#include "engine/runtime/kernels/block_groups.h"
#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/depthwise_backward.h"
#include "engine/runtime/kernels/depthwise_forward.h"
#include "engine/runtime/kernels/norm_rows.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

// Every channel is normalized, convolved and normalized by itself. So all of it is done for a few blocks of channels at a time, and the
// rows that the convolution reads are normalized where they are copied.

/// One plane's forward pass of the convolution: x's rows by fill(row, to, pixels).
template <int Width, int Kernel, int Stride, class Fill>
void convolve_plane(const DepthwiseGeometry& g, PaddedRows<Width, Kernel>& rows, const Fill& fill, const float* w, float* y) {
  rows.start(0);
  for (std::int64_t h = 0; h < g.out.height_pixels; ++h) {
    const std::int64_t top = h * Stride - g.padding_top;
    rows.fill_until(std::min(g.in.height_pixels, top + Kernel), fill);
    forward_row<Width, Kernel, Stride, RowPlace::memory>(
        g, [](const auto& sum) { return sum; }, rows, w, typename Vectors<Width>::Floats{}, top, y + h * g.out.width_pixels * Width);
  }
}

template <int Width, int Kernel, int Stride>
void forward(const NormDepthwiseGeometry& g, const NormDepthwiseTensors& t, float* y, float* scratch) {
  const DepthwiseGeometry& c = g.convolution;
  float* const sums = scratch;
  float* const memory = sums + norm_depthwise_sums(g) + omp_get_thread_num() * depthwise_forward_scratch(c);
  PaddedRows<Width, Kernel> rows(depthwise_input_row(c, DepthwiseTiles::forward), c.in.width_pixels, memory);
  const auto find_moments = [&](const BlockGroup& group) {
    if (t.moments == nullptr)
      for_planes(c.in, group, [&](std::int64_t plane, std::int64_t) { plane_moments<Width>(c.in, plane, t.x, sums); });
    const float* const moments = t.moments == nullptr ? sums : t.moments;
    for_blocks(group, [&](std::int64_t block) { combine_moments<Width>(c.in, block, moments, t.before.mean, t.before.variance); });
  };
  const auto convolve = [&](std::int64_t plane, std::int64_t block) {
    const float *x = t.x + plane * c.in.pixels() * Width, *w = t.weights + block * Kernel * Kernel * Width;
    float* const middle = t.middle + plane * c.out.pixels() * Width;
    if (g.before) {
      const NormRows<Width> norm(*g.before, t.before, block);
      const auto normalize = [&](std::int64_t row, float* to, std::int64_t pixels) {
        norm.forward(x + row * c.in.width_pixels * Width, nullptr, to, pixels);
      };
      convolve_plane<Width, Kernel, Stride>(c, rows, normalize, w, middle);
    } else {
      convolve_plane<Width, Kernel, Stride>(c, rows, CopiedRows<Width>{x, c.in.width_pixels}, w, middle);
    }
    plane_moments<Width>(c.out, plane, t.middle, sums);
  };
  for_groups(c.in, [&](const BlockGroup& group) {
    if (g.before) find_moments(group);
    for_planes(c.in, group, convolve);
    for_blocks(group, [&](std::int64_t block) { combine_moments<Width>(c.out, block, sums, t.behind.mean, t.behind.variance); });
    for_planes(c.in, group, [&](std::int64_t plane, std::int64_t block) {
      const std::int64_t at = plane * c.out.pixels() * Width;
      NormRows<Width>(g.behind, t.behind, block).forward(t.middle + at, nullptr, y + at, c.out.pixels());
    });
  });
}

/// A plane whose rows are normalized where they are copied, and whose result's gradient goes through the norm behind.
template <int Width>
struct NormedPlane {
  using Rows = NormRows<Width>;

  bool has_before;
  Rows before;  // any where there is none in front
  Rows behind;
  NormGradientChannels<Width> means;
  const float *x, *middle, *dy;
  std::int64_t in_columns, out_columns;
  const float* dx;
  typename Rows::Sums sums{};  // for the norm in front

  void fill_input(std::int64_t row, float* to, std::int64_t pixels) const {
    if (has_before)
      before.forward(x + row * in_columns * Width, nullptr, to, pixels);
    else
      CopiedRows<Width>{x, in_columns}(row, to, pixels);
  }
  void fill_gradient(std::int64_t row, float* to, std::int64_t pixels) const {
    const std::int64_t at = row * out_columns * Width;
    behind.backward(means, middle + at, dy + at, to, pixels);
  }
  void see_gradient(const float*) const {}
  void finish_row(std::int64_t row) {
    const std::int64_t at = row * in_columns * Width;
    if (has_before) sums += before.sums(x + at, dx + at, in_columns);
  }
};

template <int Width, int Kernel, int Stride>
void backward(const NormDepthwiseGeometry& g, const NormDepthwiseTensors& t, const float* dy, const NormDepthwiseGradients& to,
              float* scratch) {
  const DepthwiseGeometry& c = g.convolution;
  constexpr int taps = Kernel * Kernel;
  const std::int64_t in = c.in.pixels() * Width, out = c.out.pixels() * Width;
  float* const behind_sums = scratch;
  float* const before_sums = behind_sums + norm_depthwise_sums(g);
  float* const parts = before_sums + norm_depthwise_sums(g);
  auto rows = plane_rows<Width, Kernel, Stride>(c, parts + depthwise_parts(c) + omp_get_thread_num() * depthwise_backward_scratch(c));

  const auto sum_behind = [&](std::int64_t plane, std::int64_t block) {
    const NormRows<Width> norm(g.behind, t.behind, block);
    store_norm_sums<Width>(norm.sums(t.middle + plane * out, dy + plane * out, c.out.pixels()), plane, behind_sums);
  };
  const auto through_convolution = [&](std::int64_t plane, std::int64_t block) {
    using Rows = NormRows<Width>;
    const Rows behind(g.behind, t.behind, block);
    float* const dx = to.data ? to.data + plane * in : nullptr;
    NormedPlane<Width> normed{g.before.has_value(),
                              g.before ? Rows(*g.before, t.before, block) : behind,
                              behind,
                              behind.means(to.behind.scale, to.behind.shift, block),
                              t.x + plane * in,
                              t.middle + plane * out,
                              dy + plane * out,
                              c.in.width_pixels,
                              c.out.width_pixels,
                              dx};
    backward_plane(c, normed, rows, t.weights + block * taps * Width, {dx, false, parts + plane * (taps + 1) * Width});
    store_norm_sums<Width>(normed.sums, plane, before_sums);
  };
  const auto finish_block = [&](std::int64_t block) {
    finish_weights<Width>(c, parts, block, to.weights);
    if (g.before)
      combine_norm_sums<Width>(c.in, g.before->epsilon, t.before.variance, block, before_sums, to.before.scale, to.before.shift);
  };
  for_groups(c.in, [&](const BlockGroup& group) {
    for_planes(c.in, group, sum_behind);
    for_blocks(group, [&](std::int64_t block) {
      combine_norm_sums<Width>(c.out, g.behind.epsilon, t.behind.variance, block, behind_sums, to.behind.scale, to.behind.shift);
    });
    for_planes(c.in, group, through_convolution);
    for_blocks(group, finish_block);
    if (!g.before) return;
    for_planes(c.in, group, [&](std::int64_t plane, std::int64_t block) {
      const NormRows<Width> norm(*g.before, t.before, block);
      float* const dx = to.data + plane * in;
      norm.backward(norm.means(to.before.scale, to.before.shift, block), t.x + plane * in, dx, dx, c.in.pixels());
    });
  });
}

}  // namespace

void norm_depthwise_forward(const NormDepthwiseGeometry& geometry, const NormDepthwiseTensors& tensors, float* y, float* scratch) {
  with_constants(geometry.convolution, [&](auto width, auto kernel, auto stride) {
#pragma omp parallel num_threads(geometry.convolution.threads)
    forward<width, kernel, stride>(geometry, tensors, y, scratch);
  });
}

void norm_depthwise_backward(const NormDepthwiseGeometry& geometry, const NormDepthwiseTensors& tensors, const float* dy,
                             const NormDepthwiseGradients& gradients, float* scratch) {
  with_constants(geometry.convolution, [&](auto width, auto kernel, auto stride) {
#pragma omp parallel num_threads(geometry.convolution.threads)
    backward<width, kernel, stride>(geometry, tensors, dy, gradients, scratch);
  });
}

}  // namespace cnnctl::CNNCTL_ISA
