#include <cmath>

#include "engine/runtime/kernels/channel_blocks.h"
#include "engine/runtime/kernels/declarations.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

/// A block of channels of one image.
struct Plane {
  std::int64_t first;     // its first element
  std::int64_t channels;  // of the batch's rows of channels, those of this plane start here
  std::int64_t block;
};

template <class Run>
void each_plane(const ChannelLayout& l, Run run) {
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < l.images * l.blocks; ++i) run(Plane{i * l.pixels() * l.width, i * l.width, i % l.blocks});
}

/// Calls run(first channel of a group in the batch's rows of channels) for every group.
template <class Run>
void each_group(const GroupNormGeometry& g, Run run) {
  const std::int64_t size = g.layout.channels / g.groups, row = g.layout.blocks * g.layout.width;
  for (std::int64_t image = 0; image < g.layout.images; ++image)
    for (std::int64_t group = 0; group < g.groups; ++group) run(image * row + group * size);
}

/// Mean and summed squares of distance from it, of each channel by itself.
template <int Width>
void channel_moments(const ChannelLayout& l, const float* x, float* mean, float* squares) {
  using V = ChannelBlocks<Width>;
  typename V::Floats sum{}, square{};
  for (std::int64_t p = 0; p < l.pixels(); ++p) sum += V::load(x + p * Width);
  const auto average = sum / static_cast<float>(l.pixels());
  for (std::int64_t p = 0; p < l.pixels(); ++p) {
    const auto centered = V::load(x + p * Width) - average;
    square += centered * centered;
  }
  V::store(mean, average);
  V::store(squares, square);
}

/// From its channels' moments the group's mean and inverse deviation, at each of its channels.
void join_moments(const GroupNormGeometry& g, std::int64_t first, float* means, float* deviations) {
  const std::int64_t size = g.layout.channels / g.groups;
  const auto pixels = static_cast<double>(g.layout.pixels());
  double mean = 0, squares = 0;
  for (std::int64_t c = first; c < first + size; ++c) mean += static_cast<double>(means[c]);
  mean /= static_cast<double>(size);
  for (std::int64_t c = first; c < first + size; ++c) {
    const double distance = static_cast<double>(means[c]) - mean;
    squares += static_cast<double>(deviations[c]) + pixels * distance * distance;
  }
  const double variance = squares / (pixels * static_cast<double>(size));
  std::fill(means + first, means + first + size, static_cast<float>(mean));
  std::fill(deviations + first, deviations + first + size, static_cast<float>(1 / std::sqrt(variance + static_cast<double>(g.epsilon))));
}

template <int Width>
void normalize(const ChannelLayout& l, std::int64_t block, const AffineTensors& affine, const float* mean, const float* deviation,
               const float* x, float* y) {
  using V = ChannelBlocks<Width>;
  const auto weight = V::load_channels(affine.weight, 1, l, block), bias = V::load_channels(affine.bias, 0, l, block);
  const auto center = V::load(mean), scale = V::load(deviation) * weight;
  for (std::int64_t p = 0; p < l.pixels(); ++p) V::store(y + p * Width, (V::load(x + p * Width) - center) * scale + bias);
}

/// Sums over the map of dy and of dy times the normalized x.
template <int Width>
void gradient_sums(const ChannelLayout& l, const float* mean, const float* deviation, const float* x, const float* dy, float* sum,
                   float* product) {
  using V = ChannelBlocks<Width>;
  const auto center = V::load(mean), scale = V::load(deviation);
  typename V::Floats gradients{}, products{};
  for (std::int64_t p = 0; p < l.pixels(); ++p) {
    const auto gradient = V::load(dy + p * Width);
    gradients += gradient;
    products += gradient * ((V::load(x + p * Width) - center) * scale);
  }
  V::store(sum, gradients);
  V::store(product, products);
}

void add_images(const ChannelLayout& l, const float* sums, float* out) {
  const std::int64_t row = l.blocks * l.width;
  for (std::int64_t c = 0; c < l.channels; ++c) {
    float sum = 0;
    for (std::int64_t image = 0; image < l.images; ++image) sum += sums[image * row + c];
    out[c] = sum;
  }
}

/// From its channels' sums the group's means of dy * weight, alone and times the normalized x, at each of its channels.
void join_sums(const GroupNormGeometry& g, const float* weight, std::int64_t first, float* sums) {
  const std::int64_t size = g.layout.channels / g.groups, start = first % (g.layout.blocks * g.layout.width);
  float total = 0;
  for (std::int64_t c = 0; c < size; ++c) total += sums[first + c] * (weight != nullptr ? weight[start + c] : 1);
  std::fill(sums + first, sums + first + size, total / static_cast<float>(size * g.layout.pixels()));
}

template <int Width>
void input_gradient(const ChannelLayout& l, const float* weights, const Plane& plane, const float* statistics, const float* sums,
                    std::int64_t row, const float* x, const float* dy, float* dx) {
  using V = ChannelBlocks<Width>;
  const auto weight = V::load_channels(weights, 1, l, plane.block);
  const auto center = V::load(statistics + plane.channels), scale = V::load(statistics + row + plane.channels);
  const auto along_mean = V::load(sums + plane.channels), along_deviation = V::load(sums + row + plane.channels);
  const auto inside = V::inside(l, plane.block);
  for (std::int64_t p = 0; p < l.pixels(); ++p) {
    const std::int64_t at = plane.first + p * Width;
    const auto normal = (V::load(x + at) - center) * scale;
    const auto gradient = (V::load(dy + at) * weight - along_mean - normal * along_deviation) * scale;
    V::store(dx + at, inside ? gradient : typename V::Floats{});
  }
}

}  // namespace

void group_norm_forward(const GroupNormGeometry& geometry, const AffineTensors& affine, const float* x, float* y, float* statistics) {
  const ChannelLayout& l = geometry.layout;
  float* const deviations = statistics + l.images * l.blocks * l.width;
  const auto moments = l.width == 16 ? channel_moments<16> : channel_moments<8>;
  const auto write = l.width == 16 ? normalize<16> : normalize<8>;
  each_plane(l, [&](const Plane& plane) { moments(l, x + plane.first, statistics + plane.channels, deviations + plane.channels); });
  each_group(geometry, [&](std::int64_t first) { join_moments(geometry, first, statistics, deviations); });
  each_plane(l, [&](const Plane& plane) {
    write(l, plane.block, affine, statistics + plane.channels, deviations + plane.channels, x + plane.first, y + plane.first);
  });
}

void group_norm_backward(const GroupNormGeometry& geometry, const float* weight, const float* x, const float* dy, const float* statistics,
                         const AffineGradients& gradients, float* dx, float* scratch) {
  const ChannelLayout& l = geometry.layout;
  const std::int64_t row = l.images * l.blocks * l.width;
  const auto sum = l.width == 16 ? gradient_sums<16> : gradient_sums<8>;
  const auto write = l.width == 16 ? input_gradient<16> : input_gradient<8>;
  each_plane(l, [&](const Plane& plane) {
    const std::int64_t c = plane.channels;
    sum(l, statistics + c, statistics + row + c, x + plane.first, dy + plane.first, scratch + c, scratch + row + c);
  });
  if (gradients.weight != nullptr) add_images(l, scratch + row, gradients.weight);
  if (gradients.bias != nullptr) add_images(l, scratch, gradients.bias);
  each_group(geometry, [&](std::int64_t first) {
    join_sums(geometry, weight, first, scratch);
    join_sums(geometry, weight, first, scratch + row);
  });
  each_plane(l, [&](const Plane& plane) { write(l, weight, plane, statistics, scratch, row, x, dy, dx); });
}

}  // namespace cnnctl::CNNCTL_ISA
