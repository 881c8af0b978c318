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

/// The numbers that all draws of one pass share: an element at `place` is dropped where mix(mix(place ^ low) + high) >> 8 is below the
/// threshold.
struct Draws {
  std::uint32_t threshold, low, high;
  float scale;  // of what survives

  Draws(float p, std::uint64_t key)
      : threshold(static_cast<std::uint32_t>(p * static_cast<float>(1 << 24))),
        low(mix(static_cast<std::uint32_t>(key))),
        high(mix(static_cast<std::uint32_t>(key >> 32) + low)),
        scale(p < 1 ? 1 / (1 - p) : 0) {}

  bool drops(std::int64_t place) const { return (mix(mix(static_cast<std::uint32_t>(place) ^ low) + high) >> 8) < threshold; }
};

void drop(const Draws& draws, const float* x, float* y, std::int64_t begin, std::int64_t end) {
  for (std::int64_t i = begin; i < end; ++i) y[i] = draws.drops(i) ? 0.0F : x[i] * draws.scale;
}

}  // namespace

void dropout(const float* x, float* y, std::int64_t count, float p, std::uint64_t key) {
  const Draws draws(p, key);
  const std::int64_t chunks = (count + kChunk - 1) / kChunk;
#pragma omp parallel for schedule(static)
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    const std::int64_t begin = chunk * kChunk, end = begin + kChunk < count ? begin + kChunk : count;
    drop(draws, x, y, begin, end);
  }
}

void drop_path(const float* x, float* y, std::int64_t images, std::int64_t image_count, float p, std::uint64_t key) {
  const Draws draws(p, key);
#pragma omp parallel for schedule(static)
  for (std::int64_t image = 0; image < images; ++image) {
    const float* from = x + image * image_count;
    float* to = y + image * image_count;
    const bool dropped = draws.drops(image);
    for (std::int64_t i = 0; i < image_count; ++i) to[i] = dropped ? 0.0F : from[i] * draws.scale;
  }
}

}  // namespace cnnctl::CNNCTL_ISA
