#include "engine/training/gradients.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "engine/runtime/vectorize.h"
#include "engine/training/optimizers/parallel.h"

namespace cnnctl {
namespace {

CNNCTL_VECTORIZE void scale(float* __restrict__ values, std::size_t count, float factor) {
  for (std::size_t i = 0; i < count; ++i) values[i] *= factor;
}

CNNCTL_VECTORIZE void add_scaled(float* __restrict__ sum, const float* __restrict__ values, std::size_t count, float factor) {
  for (std::size_t i = 0; i < count; ++i) sum[i] += values[i] * factor;
}

CNNCTL_VECTORIZE void limit_values(float* __restrict__ values, std::size_t count, float limit) {
  for (std::size_t i = 0; i < count; ++i) {
    const float lowered = values[i] > limit ? limit : values[i];  // what is no number stays so
    values[i] = lowered < -limit ? -limit : lowered;
  }
}

CNNCTL_VECTORIZE double sum_of_squares(const float* values, std::size_t count) {
  constexpr std::size_t lanes = 16;
  std::array<double, lanes> sums{};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += static_cast<double>(values[i + lane]) * values[i + lane];
  for (; i < count; ++i) sums[0] += static_cast<double>(values[i]) * values[i];
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

/// The same to the bit for any number of threads: parts do not depend on it.
double norm(std::span<const float> values) {
  constexpr std::size_t part = 1 << 16;
  std::vector<double> sums((values.size() + part - 1) / part);
#pragma omp parallel for schedule(static)
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::size_t begin = i * part;
    sums[i] = sum_of_squares(values.data() + begin, std::min(part, values.size() - begin));
  }
  return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

void scale_all(std::span<float> values, double factor) {
  for_each_chunk(values.size(),
                 [&](std::size_t begin, std::size_t end) { scale(values.data() + begin, end - begin, static_cast<float>(factor)); });
}

}  // namespace

void GradientSum::add(std::span<const float> gradients, double weight) {
  if (empty()) sum_.assign(gradients.size(), 0.0F);
  weight_ += weight;
  for_each_chunk(gradients.size(), [&](std::size_t begin, std::size_t end) {
    add_scaled(sum_.data() + begin, gradients.data() + begin, end - begin, static_cast<float>(weight));
  });
}

std::span<float> GradientSum::take_mean() {
  scale_all(sum_, 1 / weight_);
  weight_ = 0;
  return sum_;
}

void clip_gradient_values(std::span<float> gradients, double limit) {
  for_each_chunk(gradients.size(), [&](std::size_t begin, std::size_t end) {
    limit_values(gradients.data() + begin, end - begin, static_cast<float>(limit));
  });
}

void clip_gradient_norm(std::span<float> gradients, double largest) {
  const double factor = largest / (norm(gradients) + 1e-6);
  if (!(factor >= 1)) scale_all(gradients, factor);  // also where it is no number
}

}  // namespace cnnctl
