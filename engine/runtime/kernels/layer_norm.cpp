#include <omp.h>

#include <cmath>

#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

// Pixels that are worked on together: their sums stay in the first-level cache, and each block is read in runs that a prefetcher sees.
constexpr std::int64_t kChunk = 32;

struct Chunk {
  std::int64_t first;  // element of the chunk's first pixel in block 0
  std::int64_t pixel;  // that pixel, counted through the batch
  std::int64_t pixels;
};

std::int64_t chunk_count(const ChannelLayout& l) { return l.images * ((l.pixels() + kChunk - 1) / kChunk); }

Chunk chunk_at(const ChannelLayout& l, std::int64_t index) {
  const std::int64_t in_image = (l.pixels() + kChunk - 1) / kChunk;
  const std::int64_t image = index / in_image, begin = index % in_image * kChunk;
  return {(image * l.blocks * l.pixels() + begin) * l.width, image * l.pixels() + begin, std::min(kChunk, l.pixels() - begin)};
}

template <int Width>
void forward_chunk(const ChannelLayout& l, float epsilon, const AffineTensors& affine, std::int64_t pixels, const float* x, float* y,
                   float* mean, float* deviation) {
  using V = ChannelBlocks<Width>;
  const std::int64_t plane = l.pixels() * Width;
  const auto channels = static_cast<float>(l.channels);
  typename V::Floats sums[kChunk] = {};
  for (std::int64_t b = 0; b < l.blocks; ++b)
    for (std::int64_t p = 0; p < pixels; ++p) sums[p] += V::load(x + b * plane + p * Width);
  for (std::int64_t p = 0; p < pixels; ++p) {
    mean[p] = V::sum(sums[p]) / channels;
    sums[p] = typename V::Floats{};
  }
  for (std::int64_t b = 0; b < l.blocks; ++b) {
    const auto inside = V::inside(l, b);
    for (std::int64_t p = 0; p < pixels; ++p) {
      const auto centered = inside ? V::load(x + b * plane + p * Width) - mean[p] : typename V::Floats{};
      sums[p] += centered * centered;
    }
  }
  for (std::int64_t p = 0; p < pixels; ++p) deviation[p] = 1 / std::sqrt(V::sum(sums[p]) / channels + epsilon);
  for (std::int64_t b = 0; b < l.blocks; ++b) {
    const auto weight = V::load_channels(affine.weight, 1, l, b), bias = V::load_channels(affine.bias, 0, l, b);
    for (std::int64_t p = 0; p < pixels; ++p)
      V::store(y + b * plane + p * Width, (V::load(x + b * plane + p * Width) - mean[p]) * deviation[p] * weight + bias);
  }
}

struct Saved {
  const float* mean;
  const float* deviation;  // its inverse
};

/// With g = dy * weight and n = the normalized x: dx = deviation * (g - mean(g) - n * mean(g * n)), means over the pixel's channels. Adds
/// dy * n and dy to the sums of `sums`, a row of all channels each.
template <int Width>
void backward_chunk(const ChannelLayout& l, const float* weights, std::int64_t pixels, const Saved& saved, const float* x, const float* dy,
                    float* dx, float* sums) {
  using V = ChannelBlocks<Width>;
  const std::int64_t plane = l.pixels() * Width;
  const auto channels = static_cast<float>(l.channels);
  typename V::Floats by_mean[kChunk] = {}, by_deviation[kChunk] = {};
  for (std::int64_t b = 0; b < l.blocks; ++b) {
    const auto weight = V::load_channels(weights, 1, l, b);
    typename V::Floats dweight{}, dbias{};
    for (std::int64_t p = 0; p < pixels; ++p) {
      const auto gradient = V::load(dy + b * plane + p * Width);
      const auto product = gradient * ((V::load(x + b * plane + p * Width) - saved.mean[p]) * saved.deviation[p]);
      dweight += product;
      dbias += gradient;
      by_mean[p] += gradient * weight;
      by_deviation[p] += product * weight;
    }
    float *weight_sum = sums + b * Width, *bias_sum = sums + (l.blocks + b) * Width;
    V::store(weight_sum, V::load(weight_sum) + dweight);
    V::store(bias_sum, V::load(bias_sum) + dbias);
  }
  float along_mean[kChunk], along_deviation[kChunk];
  for (std::int64_t p = 0; p < pixels; ++p) {
    along_mean[p] = V::sum(by_mean[p]) / channels;
    along_deviation[p] = V::sum(by_deviation[p]) / channels;
  }
  for (std::int64_t b = 0; b < l.blocks; ++b) {
    const auto weight = V::load_channels(weights, 1, l, b);
    const auto inside = V::inside(l, b);
    for (std::int64_t p = 0; p < pixels; ++p) {
      const std::int64_t at = b * plane + p * Width;
      const auto normal = (V::load(x + at) - saved.mean[p]) * saved.deviation[p];
      const auto rest = V::load(dy + at) * weight - along_mean[p] - normal * along_deviation[p];
      V::store(dx + at, inside ? rest * saved.deviation[p] : typename V::Floats{});
    }
  }
}

/// The threads' sums, added in their order.
void add_sums(const ChannelLayout& l, int threads, const float* sums, float* out) {
  for (std::int64_t c = 0; c < l.channels; ++c) {
    float sum = 0;
    for (int t = 0; t < threads; ++t) sum += sums[t * layer_norm_scratch(l) + c];
    out[c] = sum;
  }
}

}  // namespace

void layer_norm_forward(const ChannelLayout& layout, float epsilon, const AffineTensors& affine, const float* x, float* y,
                        float* statistics) {
  const auto forward = layout.width == 16 ? forward_chunk<16> : forward_chunk<8>;
  float* const deviations = statistics + layout.images * layout.pixels();
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < chunk_count(layout); ++i) {
    const Chunk chunk = chunk_at(layout, i);
    forward(layout, epsilon, affine, chunk.pixels, x + chunk.first, y + chunk.first, statistics + chunk.pixel, deviations + chunk.pixel);
  }
}

void layer_norm_backward(const ChannelLayout& layout, int threads, const float* weight, const float* x, const float* dy,
                         const float* statistics, const AffineGradients& gradients, float* dx, float* scratch) {
  const auto backward = layout.width == 16 ? backward_chunk<16> : backward_chunk<8>;
  const float* const deviations = statistics + layout.images * layout.pixels();
  const std::int64_t part = layer_norm_scratch(layout);
#pragma omp parallel num_threads(threads)
  {
#pragma omp single
    threads = omp_get_num_threads();
    float* const sums = scratch + omp_get_thread_num() * part;
    std::fill(sums, sums + part, 0.0F);
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < chunk_count(layout); ++i) {
      const Chunk chunk = chunk_at(layout, i);
      backward(layout, weight, chunk.pixels, {statistics + chunk.pixel, deviations + chunk.pixel}, x + chunk.first, dy + chunk.first,
               dx + chunk.first, sums);
    }
  }
  if (gradients.weight != nullptr) add_sums(layout, threads, scratch, gradients.weight);
  if (gradients.bias != nullptr) add_sums(layout, threads, scratch + layout.blocks * layout.width, gradients.bias);
}

}  // namespace cnnctl::CNNCTL_ISA
