#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// A 32-bit mix whose every output bit depends on every input bit. Source: Wellons, "Prospecting for hash functions", lowbias32.
std::uint32_t mix(std::uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  x ^= x >> 16;
  return x;
}

constexpr std::int64_t kChunk = 4096;

void drop(const float* x, float* y, std::int64_t begin, std::int64_t end, std::uint32_t threshold, float scale, std::uint32_t low,
          std::uint32_t high) {
  for (std::int64_t i = begin; i < end; ++i) {
    const std::uint32_t random = mix(mix(static_cast<std::uint32_t>(i) ^ low) + high);
    y[i] = (random >> 8) < threshold ? 0.0F : x[i] * scale;
  }
}

}  // namespace

void dropout(const float* x, float* y, std::int64_t count, float p, std::uint64_t key) {
  const auto threshold = static_cast<std::uint32_t>(p * static_cast<float>(1 << 24));
  const float scale = p < 1 ? 1 / (1 - p) : 0;
  const std::uint32_t low = mix(static_cast<std::uint32_t>(key)), high = mix(static_cast<std::uint32_t>(key >> 32) + low);
  const std::int64_t chunks = (count + kChunk - 1) / kChunk;
#pragma omp parallel for schedule(static)
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    const std::int64_t begin = chunk * kChunk, end = begin + kChunk < count ? begin + kChunk : count;
    drop(x, y, begin, end, threshold, scale, low, high);
  }
}

}  // namespace cnnctl::CNNCTL_ISA
