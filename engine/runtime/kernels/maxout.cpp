#include <algorithm>

#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// Of two candidates the second wins where it is larger or a NaN.
bool wins(float candidate, float best) { return candidate > best || candidate != candidate; }

}  // namespace

void maxout_forward(std::int64_t groups, std::int64_t pool_size, std::int64_t pixels, const float* x, float* y) {
#pragma omp parallel for schedule(static)
  for (std::int64_t group = 0; group < groups; ++group) {
    const float* from = x + group * pool_size * pixels;
    float* to = y + group * pixels;
    std::copy(from, from + pixels, to);
    for (std::int64_t k = 1; k < pool_size; ++k)
      for (std::int64_t p = 0; p < pixels; ++p) to[p] = wins(from[k * pixels + p], to[p]) ? from[k * pixels + p] : to[p];
  }
}

void maxout_backward(std::int64_t groups, std::int64_t pool_size, std::int64_t pixels, const float* x, const float* dy, float* dx) {
#pragma omp parallel for schedule(static)
  for (std::int64_t group = 0; group < groups; ++group) {
    const float* from = x + group * pool_size * pixels;
    float* to = dx + group * pool_size * pixels;
    std::fill(to, to + pool_size * pixels, 0.0F);
    for (std::int64_t p = 0; p < pixels; ++p) {
      std::int64_t best = 0;
      for (std::int64_t k = 1; k < pool_size; ++k)
        if (wins(from[k * pixels + p], from[best * pixels + p])) best = k;
      to[best * pixels + p] = dy[group * pixels + p];
    }
  }
}

}  // namespace cnnctl::CNNCTL_ISA
