#include <cstring>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/eltwise_functions.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

using V = Vectors<CNNCTL_ISA_WIDTH>;
using Floats = V::Floats;

constexpr std::int64_t kWidth = CNNCTL_ISA_WIDTH;
constexpr std::int64_t kChunk = 4096;

/// The vector at `p`, of which `count` elements exist.
inline Floats load_part(const float* p, std::int64_t count) {
  Floats v{};
  std::memcpy(&v, p, static_cast<std::size_t>(count) * sizeof(float));
  return v;
}

template <class Function>
void forward(const Function& function, const float* x, float* y, std::int64_t count) {
#pragma omp parallel for schedule(static)
  for (std::int64_t begin = 0; begin < count; begin += kChunk) {
    const std::int64_t end = begin + kChunk < count ? begin + kChunk : count;
    std::int64_t i = begin;
    for (; i + kWidth <= end; i += kWidth) V::store(y + i, function.forward(V::load(x + i)));
    if (i == end) continue;
    const Floats rest = function.forward(load_part(x + i, end - i));
    std::memcpy(y + i, &rest, static_cast<std::size_t>(end - i) * sizeof(float));
  }
}

template <class Function>
void backward(const Function& function, const float* kept, const float* dy, float* dx, std::int64_t count) {
#pragma omp parallel for schedule(static)
  for (std::int64_t begin = 0; begin < count; begin += kChunk) {
    const std::int64_t end = begin + kChunk < count ? begin + kChunk : count;
    std::int64_t i = begin;
    for (; i + kWidth <= end; i += kWidth) V::store(dx + i, function.backward(V::load(kept + i), V::load(dy + i)));
    if (i == end) continue;
    const Floats rest = function.backward(load_part(kept + i, end - i), load_part(dy + i, end - i));
    std::memcpy(dx + i, &rest, static_cast<std::size_t>(end - i) * sizeof(float));
  }
}

}  // namespace

void eltwise_forward(const EltwiseLoop& loop, const float* x, float* y, std::int64_t count) {
  with_eltwise(loop, [=](const auto& function) { forward(function, x, y, count); });
}

void eltwise_backward(const EltwiseLoop& loop, const float* kept, const float* dy, float* dx, std::int64_t count) {
  with_eltwise(loop, [=](const auto& function) { backward(function, kept, dy, dx, count); });
}

}  // namespace cnnctl::CNNCTL_ISA
