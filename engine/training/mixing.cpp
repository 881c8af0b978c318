#include "engine/training/mixing.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/training/random.h"

namespace cnnctl {
namespace {

/// The logarithm of a number from the gamma distribution of that shape. Of a small shape the numbers themselves would underflow. Source:
/// Marsaglia, Tsang: A Simple Method for Generating Gamma Variables, 2000.
double log_gamma_number(double shape, Random& random) {
  // One of shape + 1 times a power of an even number is one of this shape.
  if (shape < 1) {
    const double power = std::log(1 - random.between(0, 1)) / shape;
    return log_gamma_number(shape + 1, random) + power;
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = random.normal(), root = 1 + c * x, cube = root * root * root;
    if (root > 0 && std::log(1 - random.between(0, 1)) < 0.5 * x * x + d * (1 - cube + std::log(cube))) return std::log(d) + std::log(cube);
  }
}

/// A number from Beta(alpha, alpha).
double beta_number(double alpha, Random& random) {
  const double one = log_gamma_number(alpha, random), other = log_gamma_number(alpha, random);
  return 1 / (1 + std::exp(other - one));
}

/// A part of every image: `size` values that follow each other.
struct Run {
  std::int64_t begin = 0;
  std::int64_t size = 0;
};
constexpr std::int64_t longest_run = 1024;  // floats: those of a few images stay in the processor's nearest cache

/// Replaces each value of a run by combine(value, that of the image before), that of the last image before that of the first.
template <class Combine>
void combine_run(std::span<float> images, std::int64_t image_size, const Run& run, const Combine& combine) {
  const auto row = [&](std::int64_t image) { return images.data() + image * image_size + run.begin; };
  const std::int64_t count = std::ssize(images) / image_size;
  std::array<float, longest_run> last{};
  std::copy_n(row(count - 1), run.size, last.data());
  for (std::int64_t image = count - 1; image >= 0; --image) {
    float* const own = row(image);
    const float* const before = image > 0 ? row(image - 1) : last.data();
    for (std::int64_t i = 0; i < run.size; ++i) own[i] = combine(own[i], before[i]);
  }
}

void mix_up(std::span<float> images, std::int64_t image_size, double share) {
  const auto own_share = static_cast<float>(share), rest = static_cast<float>(1 - share);
#pragma omp parallel for schedule(static)
  for (std::int64_t begin = 0; begin < image_size; begin += longest_run)
    combine_run(images, image_size, {begin, std::min(longest_run, image_size - begin)},
                [&](float own, float before) { return before * rest + own * own_share; });
}

/// Pixels from (top, left) to before (bottom, right).
struct Rectangle {
  std::int64_t top, left, bottom, right;
  std::int64_t area() const { return (bottom - top) * (right - left); }
};

/// A box around a random pixel, cut off at the image's edges; without that it would cover all but `share` of the image.
Rectangle draw_box(const Shape& image, double share, Random& random) {
  const auto x = static_cast<std::int64_t>(random.below(static_cast<std::uint32_t>(image.width)));
  const auto y = static_cast<std::int64_t>(random.below(static_cast<std::uint32_t>(image.height)));
  const double radius = 0.5 * std::sqrt(1 - share);
  const auto across = static_cast<std::int64_t>(radius * static_cast<double>(image.width));
  const auto down = static_cast<std::int64_t>(radius * static_cast<double>(image.height));
  return {std::max<std::int64_t>(y - down, 0), std::max<std::int64_t>(x - across, 0), std::min(y + down, image.height),
          std::min(x + across, image.width)};
}

/// Returns the share of each image that is left.
double cut_mix(std::span<float> images, const Shape& image, double share, Random& random) {
  const Rectangle box = draw_box(image, share, random);
  const std::int64_t height = box.bottom - box.top;
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < image.channels * height; ++i) {
    const std::int64_t row = (i / height * image.height + box.top + i % height) * image.width;
    for (std::int64_t x = box.left; x < box.right; x += longest_run)
      combine_run(images, image.count(), {row + x, std::min(longest_run, box.right - x)}, [](float, float before) { return before; });
  }
  return 1 - static_cast<double>(box.area()) / static_cast<double>(image.height * image.width);
}

}  // namespace

Targets BatchMixer::mix(std::span<float> images, const Shape& image, std::span<const std::int32_t> labels, std::int64_t epoch,
                        std::int64_t step) {
  constexpr std::uint64_t stream = 0x6D69786564626174U;  // keeps an epoch's mixing apart from its order and its transforms
  Random of_epoch(mixing_.seed ^ stream, static_cast<std::uint64_t>(epoch));
  Random random(of_epoch.next(), static_cast<std::uint64_t>(step));
  const bool cuts = mixing_.cutmix && (!mixing_.mixup || random.below(2) == 1);
  double share = beta_number(cuts ? *mixing_.cutmix : *mixing_.mixup, random);
  if (cuts)
    share = cut_mix(images, image, share, random);
  else
    mix_up(images, image.count(), share);
  others_.assign(labels.begin(), labels.end());
  std::rotate(others_.begin(), others_.end() - 1, others_.end());
  return {labels, others_, share};
}

}  // namespace cnnctl
