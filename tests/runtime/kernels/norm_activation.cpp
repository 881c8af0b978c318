#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include <doctest/doctest.h>

#include "support.h"

namespace cnnctl {
namespace {

/// Batch norm's loops over random maps, in place or not.
struct NormRun {
  NormGeometry geometry;
  std::vector<float> x = random_map(geometry.layout, 1), dy = random_map(geometry.layout, 2), other = random_map(geometry.layout, 3);
  std::vector<float> scale = random_floats(static_cast<std::size_t>(geometry.layout.channels), 4, 0.5F),
                     shift = random_floats(scale.size(), 5);
  std::vector<float> mean = std::vector<float>(scale.size()), variance = mean, dscale = mean, dshift = mean;
  std::vector<float> y = std::vector<float>(x.size()), dx = y, in_sum = y;
  std::vector<float> scratch = zeros(geometry.layout.images * geometry.layout.blocks * geometry.layout.width * 2);

  NormTensors tensors() { return {scale.data(), shift.data(), mean.data(), variance.data()}; }

  void run(const KernelTable& table) {
    table.norm_training_forward(geometry, tensors(), x.data(), nullptr, nullptr, y.data(), scratch.data());
    table.norm_training_backward(geometry, tensors(), x.data(), {dy.data()}, dscale.data(), dshift.data(), dx.data(), scratch.data());
  }
  void run_with_sum(const KernelTable& table) {
    table.norm_training_forward(geometry, tensors(), x.data(), other.data(), nullptr, y.data(), scratch.data());
    const NormGradient arriving{dy.data(), nullptr, geometry.activation ? y.data() : nullptr, in_sum.data()};
    table.norm_training_backward(geometry, tensors(), x.data(), arriving, dscale.data(), dshift.data(), dx.data(), scratch.data());
  }
  std::vector<float> results() const {
    std::vector<float> all = y;
    for (const auto& part : {dx, in_sum, mean, variance, dscale, dshift}) all.insert(all.end(), part.begin(), part.end());
    return all;
  }
};

using Function = EltwiseLoop::Function;
const std::vector<std::optional<EltwiseLoop>> joined_functions{std::nullopt,
                                                               EltwiseLoop{Function::relu},
                                                               EltwiseLoop{Function::leaky_relu, 1, 20, 0.1F},
                                                               EltwiseLoop{Function::relu6},
                                                               EltwiseLoop{Function::hardsigmoid},
                                                               EltwiseLoop{Function::hardswish},
                                                               EltwiseLoop{Function::silu},
                                                               EltwiseLoop{Function::mish},
                                                               EltwiseLoop{Function::softplus}};

TEST_CASE("a plane's moments are its mean and its sum of squared deviations") {
  for (const KernelTable* table : runnable_kernels()) {
    INFO(table->name);
    // A mean that is large beside the deviation, as many pixels as are no whole runs.
    const ChannelLayout l = layout(2, 11, 8, 17, 23);
    std::vector<float> x = random_map(l, 1), moments(static_cast<std::size_t>(l.images * l.blocks * 2 * l.width));
    for (float& v : x) v = v * 0.1F + 50;
    table->plane_moments(l, x.data(), moments.data());
    for (std::int64_t plane = 0; plane < l.images * l.blocks; ++plane)
      for (std::int64_t lane = 0; lane < l.width; ++lane) {
        const auto at = [&](std::int64_t p) {
          return static_cast<double>(x[static_cast<std::size_t>((plane * l.pixels() + p) * l.width + lane)]);
        };
        double mean = 0, deviation = 0;
        for (std::int64_t p = 0; p < l.pixels(); ++p) mean += at(p) / static_cast<double>(l.pixels());
        for (std::int64_t p = 0; p < l.pixels(); ++p) deviation += (at(p) - mean) * (at(p) - mean);
        const auto first = static_cast<std::size_t>(plane * 2 * l.width + lane);
        CHECK(static_cast<double>(moments[first]) == doctest::Approx(mean).epsilon(1e-6));
        CHECK(static_cast<double>(moments[first + static_cast<std::size_t>(l.width)]) == doctest::Approx(deviation).epsilon(1e-4));
      }
  }
}

TEST_CASE("a norm that is given its planes' moments is the same") {
  for (const KernelTable* table : runnable_kernels()) {
    INFO(table->name);
    NormRun taken{.geometry = {layout(2, 20, 8, 5, 7)}}, given = taken;
    taken.run(*table);
    std::vector<float> moments(given.scratch.size());
    table->plane_moments(given.geometry.layout, given.x.data(), moments.data());
    table->norm_training_forward(given.geometry, given.tensors(), given.x.data(), nullptr, moments.data(), given.y.data(),
                                 given.scratch.data());
    CHECK(given.y == taken.y);
    CHECK(given.variance == taken.variance);
  }
}

TEST_CASE("batch norm with a function is the same in every instruction set and block width, and leaves the padding zero") {
  for (const std::int64_t width : {8, 16})
    for (const auto& function : joined_functions) {
      const NormGeometry g{layout(3, 21, width, 17, 9), 1e-5F, function};
      check_all_tables([&](const KernelTable& table) {
        NormRun norm{g};
        norm.run(table);
        for (const std::vector<float>& map : {norm.y, norm.dx}) CHECK(map == without_padding(g.layout, map));
        return norm.results();
      });
    }
}

TEST_CASE("batch norm with a sum, and relu behind it, is the same in every instruction set and block width") {
  for (const std::int64_t width : {8, 16})
    for (const auto& function : {joined_functions[0], joined_functions[1]}) {
      const NormGeometry g{layout(3, 21, width, 7, 5), 1e-5F, function};
      check_all_tables([&](const KernelTable& table) {
        NormRun norm{g};
        norm.run_with_sum(table);
        return norm.results();
      });
    }
}

TEST_CASE("two parts of a gradient are added as if they came as one, and both may be written over") {
  for (const auto& function : {joined_functions[0], joined_functions[1]}) {
    NormRun one{{layout(2, 21, 8, 7, 5), 1e-5F, function}};
    NormRun two = one;
    std::vector<float> second = random_map(one.geometry.layout, 6);
    std::transform(one.dy.begin(), one.dy.end(), second.begin(), one.dy.begin(), std::plus<>());
    one.run_with_sum(kernels());
    two.run_with_sum(kernels());
    const NormGradient arriving{two.dy.data(), second.data(), function ? two.y.data() : nullptr, two.dy.data()};
    kernels().norm_training_backward(two.geometry, two.tensors(), two.x.data(), arriving, two.dscale.data(), two.dshift.data(),
                                     second.data(), two.scratch.data());
    two.in_sum = two.dy;
    two.dx = second;
    CHECK(two.results() == one.results());
  }
}

TEST_CASE("batch norm in evaluation is what training gives by the same statistics") {
  for (const auto& function : joined_functions)
    for (const KernelTable* table : runnable_kernels()) {
      NormRun norm{{layout(2, 21, 8, 7, 5), 1e-5F, function}};
      norm.run(*table);
      std::vector<float> y = norm.x;
      table->norm_forward(norm.geometry, norm.tensors(), y.data(), y.data());
      CHECK(y == norm.y);
    }
}

TEST_CASE("batch norm's groups of blocks, more than one here, give what the whole does") {
  const ChannelLayout large = layout(3, 24, 8, 280, 240);  // a block of 1.6 million floats
  const ChannelLayout one = layout(3, 8, 8, 280, 240);
  const KernelTable& table = kernels();
  NormRun whole{{large}};
  whole.run(table);
  const std::int64_t plane = one.pixels() * 8;
  for (std::int64_t block = 0; block < 3; ++block) {
    NormRun part{{one}};
    std::copy_n(whole.scale.begin() + block * 8, 8, part.scale.begin());
    std::copy_n(whole.shift.begin() + block * 8, 8, part.shift.begin());
    const auto each_image = [&](auto copy) {
      for (std::int64_t n = 0; n < 3; ++n) copy((n * 3 + block) * plane, n * plane);
    };
    each_image([&](std::int64_t from, std::int64_t to) {
      std::copy_n(whole.x.begin() + from, plane, part.x.begin() + to);
      std::copy_n(whole.dy.begin() + from, plane, part.dy.begin() + to);
    });
    part.run(table);
    each_image([&](std::int64_t of_whole, std::int64_t of_part) {
      CHECK(std::equal(part.y.begin() + of_part, part.y.begin() + of_part + plane, whole.y.begin() + of_whole));
      CHECK(std::equal(part.dx.begin() + of_part, part.dx.begin() + of_part + plane, whole.dx.begin() + of_whole));
    });
  }
}

TEST_CASE("batch norm's gradient may be written over the gradient that it is made of") {
  for (const auto& function : joined_functions) {
    NormRun apart{{layout(2, 21, 8, 7, 5), 1e-5F, function}};
    NormRun in_place = apart;
    apart.run(kernels());
    in_place.run(kernels());
    in_place.dx = in_place.dy;
    kernels().norm_training_backward(in_place.geometry, in_place.tensors(), in_place.x.data(), {in_place.dx.data()}, in_place.dscale.data(),
                                     in_place.dshift.data(), in_place.dx.data(), in_place.scratch.data());
    CHECK(in_place.results() == apart.results());
  }
}

TEST_CASE("batch norm's backward lets a gradient through just where the forward let the value through, also a rounding beside the kink") {
  for (const float kink : {0.0F, 6.0F})
    for (const KernelTable* table : runnable_kernels()) {
      INFO(table->name << ", kink at " << kink);
      NormRun norm{{layout(1, 64, 8, 2, 2), 1e-5F, EltwiseLoop{Function::relu6}}};
      // Each channel holds v and -v; the shift takes v to the kink, but for what rounding leaves of it.
      const auto magnitudes = random_floats(64, 6, 0.1F, 3.0F);
      for (std::size_t i = 0; i < norm.x.size(); ++i) {
        const std::size_t channel = i / 32 * 8 + i % 8;
        norm.x[i] = i / 8 % 2 == 0 ? magnitudes[channel] : -magnitudes[channel];
      }
      for (std::size_t c = 0; c < 64; ++c)
        norm.shift[c] = kink - magnitudes[c] * (norm.scale[c] * (1 / std::sqrt(magnitudes[c] * magnitudes[c] + norm.geometry.epsilon)));
      std::fill(norm.dy.begin(), norm.dy.end(), 1.0F);
      norm.run(*table);
      for (std::size_t c = 0; c < 64; ++c) {
        float passed = 0;
        for (std::size_t pixel = 0; pixel < 4; ++pixel) {
          const float y = norm.y[c / 8 * 32 + pixel * 8 + c % 8];
          passed += y > 0 && y < 6 ? 1.0F : 0.0F;
        }
        CHECK(norm.dshift[c] == passed);
      }
    }
}

}  // namespace
}  // namespace cnnctl
