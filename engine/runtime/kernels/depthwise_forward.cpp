#include <omp.h>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/depthwise_forward.h"

namespace cnnctl::CNNCTL_ISA {

void depthwise_forward(const DepthwiseGeometry& g, const std::optional<EltwiseLoop>& activation, const float* x, const float* w,
                       const float* bias, float* y, float* scratch) {
  with_constants(g, [&](auto width, auto kernel, auto stride) {
    const std::int64_t rows = g.out.height_pixels, units = g.out.images * g.out.blocks * rows, part = depthwise_forward_scratch(g);
    const Finish<width> finish(activation);
    const std::int64_t share = (units + g.threads - 1) / g.threads;
#pragma omp parallel num_threads(g.threads)
    {
      PaddedRows<width, kernel> padded(depthwise_input_row(g, kTile), g.in.width_pixels, scratch + omp_get_thread_num() * part);
      std::int64_t started = -1;  // the plane whose rows `padded` holds
#pragma omp for schedule(static, share)
      for (std::int64_t unit = 0; unit < units; ++unit) {
        const std::int64_t plane = unit / rows, block = plane % g.out.blocks, top = unit % rows * stride - g.padding_top;
        if (plane != started) padded.start(std::max<std::int64_t>(0, top));
        started = plane;
        padded.fill_until(std::min(g.in.height_pixels, top + kernel),
                          CopiedRows<width>{x + plane * g.in.pixels() * width, g.in.width_pixels});
        float* const row = y + unit * g.out.width_pixels * width;
        forward_row<width, kernel, stride, RowPlace::memory>(g, finish.limits(), padded, w + block * kernel * kernel * width,
                                                             ChannelBlocks<width>::load_channels(bias, 0, g.out, block), top, row);
        finish(row, g.out.width_pixels * width);
      }
    }
  });
}

}  // namespace cnnctl::CNNCTL_ISA
