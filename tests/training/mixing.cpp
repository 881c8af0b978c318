#include "engine/training/mixing.h"

#include <cmath>
#include <numeric>
#include <set>

#include "tests/training/support.h"

namespace cnnctl {
namespace {

/// A batch whose pixels are all different, with labels 0, 1, 2 ...
struct Batch {
  Batch(std::int64_t count, const Shape& shape)
      : image(shape), pixels(static_cast<std::size_t>(count * shape.count())), labels(static_cast<std::size_t>(count)) {
    std::iota(pixels.begin(), pixels.end(), 1.0F);
    std::iota(labels.begin(), labels.end(), 0);
  }
  float at(std::size_t index, std::size_t pixel) const { return pixels[index * static_cast<std::size_t>(image.count()) + pixel]; }
  std::size_t before(std::size_t index) const { return (index + labels.size() - 1) % labels.size(); }

  Shape image;
  std::vector<float> pixels;
  std::vector<std::int32_t> labels;
};

/// What a mixer made of a batch.
struct Mixed {
  Mixed(const Mixing& mixing, const Batch& before, std::int64_t epoch, std::int64_t step) : batch(before) {
    BatchMixer mixer(mixing);
    const Targets targets = mixer.mix(batch.pixels, batch.image, batch.labels, epoch, step);
    share = targets.share;
    others.assign(targets.others.begin(), targets.others.end());
  }
  Batch batch;
  double share = 0;
  std::vector<std::int32_t> others;
};

/// Mean and variance of the shares of many batches of one pixel each.
std::pair<double, double> share_moments(double alpha) {
  constexpr int count = 20'000;
  double sum = 0, squares = 0;
  for (int step = 0; step < count; ++step) {
    const double share = Mixed({.mixup = alpha}, Batch(2, {1, 1, 1}), 0, step).share;
    sum += share;
    squares += share * share;
  }
  return {sum / count, squares / count - sum / count * sum / count};
}

TEST_CASE("mixup makes each image a mean of itself and the one before, and the first of the last") {
  // More pixels than a run, not a multiple of it.
  const Batch batch(5, {3, 30, 29});
  const Mixed mixed({.mixup = 0.7, .seed = 4}, batch, 1, 2);
  CHECK(mixed.share > 0);
  CHECK(mixed.share < 1);
  CHECK(mixed.others == std::vector<std::int32_t>{4, 0, 1, 2, 3});
  const auto share = static_cast<float>(mixed.share), rest = static_cast<float>(1 - mixed.share);
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t p = 0; p < 3 * 30 * 29; ++p)
      REQUIRE(mixed.batch.at(i, p) == doctest::Approx(batch.at(i, p) * share + batch.at(batch.before(i), p) * rest).epsilon(1e-6));
}

TEST_CASE("cutmix puts the same box of the image before over every image, and shares labels by area") {
  const Batch batch(4, {2, 12, 17});
  std::set<double> shares;
  for (std::int64_t step = 0; step < 200; ++step) {
    const Mixed mixed({.cutmix = 1}, batch, 0, step);
    CHECK(mixed.others == std::vector<std::int32_t>{3, 0, 1, 2});
    std::vector<std::size_t> replaced;
    for (std::size_t p = 0; p < 12 * 17; ++p)
      if (mixed.batch.at(0, p) != batch.at(0, p)) replaced.push_back(p);
    REQUIRE(mixed.share == doctest::Approx(1 - static_cast<double>(replaced.size()) / (12 * 17)));
    shares.insert(mixed.share);
    if (replaced.empty()) continue;
    // Of a box, the first and the last pixel are two of its corners.
    const std::size_t top = replaced.front() / 17, bottom = replaced.back() / 17, left = replaced.front() % 17,
                      right = replaced.back() % 17;
    REQUIRE(replaced.size() == (bottom - top + 1) * (right - left + 1));
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t p = 0; p < 2 * 12 * 17; ++p) {
        const std::size_t y = p % (12 * 17) / 17, x = p % 17;
        const bool inside = y >= top && y <= bottom && x >= left && x <= right;
        REQUIRE(mixed.batch.at(i, p) == batch.at(inside ? batch.before(i) : i, p));
      }
  }
  CHECK(shares.size() > 30);
  CHECK(*shares.begin() < 0.4);
}

TEST_CASE("shares have the mean and the variance of a beta distribution") {
  for (const double alpha : {0.05, 0.2, 1.0, 4.0}) {
    CAPTURE(alpha);
    const auto [mean, variance] = share_moments(alpha);
    CHECK(mean == doctest::Approx(0.5).epsilon(0.03));
    CHECK(variance == doctest::Approx(1 / (4 * (2 * alpha + 1))).epsilon(0.05));
  }
}

TEST_CASE("with both, about half of the batches are cut and the others added") {
  const Batch batch(2, {1, 8, 8});
  int cut = 0;
  for (std::int64_t step = 0; step < 1000; ++step) {
    const Mixed mixed({.mixup = 1, .cutmix = 1}, batch, 0, step);
    const auto is_whole = [](float pixel) { return pixel == std::floor(pixel); };
    cut += std::all_of(mixed.batch.pixels.begin(), mixed.batch.pixels.end(), is_whole);
  }
  CHECK(cut > 420);
  CHECK(cut < 580);
}

TEST_CASE("mixing follows from seed, epoch and step alone") {
  const Batch batch(3, {1, 6, 6});
  const Mixing mixing{.mixup = 0.4, .cutmix = 1, .seed = 7};
  BatchMixer mixer(mixing);
  for (std::int64_t step = 0; step < 5; ++step) {
    Batch copy = batch;
    const double share = mixer.mix(copy.pixels, copy.image, copy.labels, 2, step).share;
    const Mixed alone(mixing, batch, 2, step);
    CHECK(alone.share == share);
    CHECK(alone.batch.pixels == copy.pixels);
  }
  CHECK(Mixed(mixing, batch, 2, 0).share != Mixed(mixing, batch, 2, 1).share);
  CHECK(Mixed(mixing, batch, 2, 0).share != Mixed(mixing, batch, 3, 0).share);
  CHECK(Mixed({.mixup = 0.4, .seed = 7}, batch, 2, 0).share != Mixed({.mixup = 0.4, .seed = 8}, batch, 2, 0).share);
}

TEST_CASE("a batch of one image and a vector of features can be mixed") {
  const Batch one(1, {2, 3, 3});
  const Mixed mixed({.mixup = 0.5}, one, 0, 0);
  for (std::size_t p = 0; p < 18; ++p) CHECK(mixed.batch.at(0, p) == doctest::Approx(one.at(0, p)));
  CHECK(mixed.others == std::vector<std::int32_t>{0});
  const Batch vectors(3, {.channels = 5, .flat = true});
  CHECK(Mixed({.cutmix = 1}, vectors, 0, 0).share == 1);
}

}  // namespace
}  // namespace cnnctl
