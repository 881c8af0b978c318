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
  const std::int64_t pixels = g.in.pixels(), chunks = (pixels + kChunk - 1) / kChunk, plane = pixels * kWidth;
  const bool streams = g.out.images * g.out.blocks * plane > kStreamed && t.residual == nullptr && !g.activation;
  const ConvolvedRow<kWidth> row(t.numbers, g.in.channels, g.out, g.activation);
#pragma omp parallel
  {
#pragma omp for schedule(static) nowait
    for (std::int64_t i = 0; i < g.in.images * chunks; ++i) {
      const std::int64_t image = i / chunks, first = i % chunks * kChunk, count = std::min(kChunk, pixels - first);
      const float* const x = t.x + image * g.in.blocks * plane + first * kWidth;
      const std::int64_t at = image * g.out.blocks * plane + first * kWidth;
      row(LeftSide<kWidth, 1>{x, kWidth, plane}, RowPlace::memory,
          {y + at, plane, t.residual == nullptr ? nullptr : t.residual + at, streams}, count);
    }
    if (streams) finish_streams();
  }
}

}  // namespace cnnctl::CNNCTL_ISA
