#include "engine/runtime/kernels/convolved_row.h"
#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

constexpr int kWidth = CNNCTL_ISA_WIDTH;

// Pixels that are done at a time: their channels stay in a second-level cache while one panel of weights comes after the other.
constexpr std::int64_t kChunk = 8 * kPixels<kWidth>;

// A result of so many floats is in no cache any more when its reader comes.
constexpr std::int64_t kStreamed = 8 << 20;

}  // namespace

void pointwise(const PointwiseGeometry& g, const PointwiseTensors& t, float* y) {
  const std::int64_t pixels = g.in.pixels(), plane = pixels * kWidth;
  // What a thread takes at a time: an image where each of its planes gives one pair of moments.
  const std::int64_t part = t.moments == nullptr ? kChunk : pixels, parts = (pixels + part - 1) / part;
  const bool streams = g.out.images * g.out.blocks * plane > kStreamed && t.residual == nullptr && !g.activation;
  const ConvolvedRow<kWidth> row(t.numbers, g.in.channels, g.out, g.activation);
  const auto convolve = [&](std::int64_t image, std::int64_t first, std::int64_t count) {
    const float* const x = t.x + image * g.in.blocks * plane + first * kWidth;
    const std::int64_t at = image * g.out.blocks * plane + first * kWidth;
    float* const moments = t.moments == nullptr ? nullptr : t.moments + image * g.out.blocks * 2 * kWidth;
    row(LeftSide<kWidth, 1>{x, kWidth, plane}, RowPlace::memory,
        {y + at, plane, t.residual == nullptr ? nullptr : t.residual + at, streams, moments, first}, count);
  };
#pragma omp parallel
  {
#pragma omp for schedule(static) nowait
    for (std::int64_t i = 0; i < g.in.images * parts; ++i) {
      const std::int64_t begin = i % parts * part, end = std::min(begin + part, pixels);
      for (std::int64_t first = begin; first < end; first += kChunk) convolve(i / parts, first, std::min(kChunk, end - first));
    }
    if (streams) finish_streams();
  }
}

}  // namespace cnnctl::CNNCTL_ISA
