#include <omp.h>

#include <algorithm>

#include "engine/runtime/kernels/convolved_row.h"
#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/depthwise_forward.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// Numbers of x that go into one of the convolution in front.
std::int64_t expand_inputs(const InvertedResidualGeometry& g) {
  return g.in.channels * (g.first ? FirstWindow::kernel * FirstWindow::kernel : 1);
}

/// The rows of an image that the windows of one row of the first convolution's result cover, with zeros where they reach over its edges:
/// [channels][kernel][first_row].
void gather_rows(const InvertedResidualGeometry& g, const float* image, std::int64_t row, float* rows) {
  const FirstWindow& window = *g.first;
  const std::int64_t length = first_row(g), columns = g.in.width_pixels;
  for (std::int64_t i = 0; i < g.in.channels * window.kernel; ++i, rows += length) {
    const std::int64_t h = row * window.stride - window.padding_top + i % window.kernel;
    const bool is_inside = h >= 0 && h < g.in.height_pixels;
    const std::int64_t before = is_inside ? window.padding_left : length, copied = std::min(columns, length - before);
    std::fill_n(rows, before, 0.0F);
    if (is_inside) std::copy_n(image + i / window.kernel * g.in.pixels() + h * columns, copied, rows + before);
    std::fill(rows + before + copied, rows + length, 0.0F);
  }
}

/// Some rows of an image's result.
struct Strip {
  std::int64_t image, begin, end;
};

/// One thread's work: rows of the expanded map, as many as the depthwise kernel is high, and one row of that convolution's result. Two
/// blocks of channels at a time go through both convolutions, while the nearest cache holds their row.
template <int Width, int Kernel, int Stride>
class Block {
 public:
  Block(const InvertedResidualGeometry& g, const InvertedResidualTensors& t, float* y, float* scratch)
      : g_(g),
        t_(t),
        y_(y),
        expand_(t.expand, expand_inputs(g), g.depthwise.in, g.expand_activation),
        project_(t.project, g.depthwise.out.channels, g.out, g.project_activation),
        finish_(g.depthwise_activation),
        next_rows_(depthwise_forward_scratch(g.depthwise)),
        row_(scratch + g.depthwise.in.blocks * next_rows_),
        window_(row_ + g.depthwise.out.blocks * g.depthwise.out.width_pixels * Width),
        rows_(depthwise_input_row(g.depthwise, kTile), g.depthwise.in.width_pixels, scratch) {
    std::fill(scratch, row_, 0.0F);  // the zeros at both ends of every row
  }

  void operator()(const Strip& strip) {
    const DepthwiseGeometry& c = g_.depthwise;
    rows_.start(std::max<std::int64_t>(0, strip.begin * Stride - c.padding_top));
    for (std::int64_t h = strip.begin; h < strip.end; ++h) {
      const std::int64_t top = h * Stride - c.padding_top, end = std::min(c.in.height_pixels, top + Kernel);
      for (std::int64_t block = 0; block < c.in.blocks; block += 2) {
        PaddedRows<Width, Kernel> rows = rows_.shifted(block * next_rows_);
        rows.fill_until(end, [&](std::int64_t row, float* to, std::int64_t pixels) { fill(strip.image, block, row, to, pixels); });
        for (std::int64_t i = block; i < std::min(block + 2, c.in.blocks); ++i) convolve(i, top);
      }
      rows_.start(end);
      project(strip.image, h);
    }
  }

 private:
  /// A row of two blocks in front of the depthwise convolution.
  void fill(std::int64_t image, std::int64_t block, std::int64_t row, float* to, std::int64_t pixels) const {
    // Where the row of block 0 would stand.
    const ResultRow result{to - block * next_rows_, next_rows_};
    if (g_.first) return fill_by_first(image, block, row, result, pixels);
    const std::int64_t plane = g_.in.pixels() * Width, at = row * g_.in.width_pixels * Width;
    const float* const x = t_.x + image * g_.in.blocks * plane;
    if (t_.expand.weights != nullptr)
      return expand_.pair(LeftSide<Width, 1>{x + at, Width, plane}, RowPlace::memory, block, result, pixels);
    for (std::int64_t i = block; i < std::min(block + 2, g_.in.blocks); ++i)
      CopiedRows<Width>{x + i * plane, g_.in.width_pixels}(row, result.y + i * next_rows_, pixels);
  }

  void fill_by_first(std::int64_t image, std::int64_t block, std::int64_t row, const ResultRow& to, std::int64_t pixels) const {
    gather_rows(g_, t_.x + image * g_.in.channels * g_.in.pixels(), row, window_);
    const LeftSide<FirstWindow::stride, 1, FirstWindow::kernel> rows{window_, FirstWindow::kernel, first_row(g_)};
    expand_.pair(rows, RowPlace::cache, block, to, pixels);
  }

  void convolve(std::int64_t block, std::int64_t top) const {
    const DepthwiseGeometry& c = g_.depthwise;
    const std::int64_t length = c.out.width_pixels * Width;
    float* const result = row_ + block * length;
    forward_row<Width, Kernel, Stride, RowPlace::cache>(
        c, finish_.limits(), rows_.shifted(block * next_rows_), t_.depthwise.weights + block * Kernel * Kernel * Width,
        ChannelBlocks<Width>::load_channels(t_.depthwise.bias, 0, c.out, block), top, result);
    finish_(result, length);
  }

  void project(std::int64_t image, std::int64_t h) const {
    const std::int64_t pixels = g_.out.width_pixels, plane = g_.out.pixels() * Width;
    const std::int64_t at = image * g_.out.blocks * plane + h * pixels * Width;
    project_(LeftSide<Width, 1>{row_, Width, pixels * Width}, RowPlace::cache,
             {y_ + at, plane, t_.residual == nullptr ? nullptr : t_.residual + at}, pixels);
  }

  const InvertedResidualGeometry& g_;
  const InvertedResidualTensors& t_;
  float* y_;
  ConvolvedRow<Width> expand_, project_;
  Finish<Width> finish_;    // the depthwise convolution's
  std::int64_t next_rows_;  // from one block's rows to the next one's
  float* row_;              // of the depthwise convolution's result
  float* window_;           // the network's first convolution's
  PaddedRows<Width, Kernel> rows_;
};

/// Parts of an image that threads take: one where the images are enough for all of them.
std::int64_t strips_of(const InvertedResidualGeometry& g) {
  const int threads = g.depthwise.threads;
  return g.out.images % threads == 0 ? 1 : std::min<std::int64_t>(g.out.height_pixels, 2 * threads);
}

}  // namespace

void inverted_residual(const InvertedResidualGeometry& g, const InvertedResidualTensors& t, float* y, float* scratch) {
  const std::int64_t strips = strips_of(g), rows = g.out.height_pixels, part = inverted_residual_scratch(g) / g.depthwise.threads;
  with_window(g.depthwise, [&](auto kernel, auto stride) {
#pragma omp parallel num_threads(g.depthwise.threads)
    {
      Block<CNNCTL_ISA_WIDTH, kernel, stride> block(g, t, y, scratch + omp_get_thread_num() * part);
#pragma omp for schedule(static)
      for (std::int64_t i = 0; i < g.out.images * strips; ++i)
        block({i / strips, rows * (i % strips) / strips, rows * (i % strips + 1) / strips});
    }
  });
}

}  // namespace cnnctl::CNNCTL_ISA
