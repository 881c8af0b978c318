#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "../check.h"

namespace cnnctl {
namespace {

ParameterId find_parameter(const Graph& graph, const std::string& name) {
  const auto found = std::find_if(graph.parameters.begin(), graph.parameters.end(), [&](const Parameter& p) { return p.name == name; });
  REQUIRE(found != graph.parameters.end());
  return static_cast<ParameterId>(found - graph.parameters.begin());
}

// What passes/fuse_norm_activation joins.
const std::vector<std::string> joined_activations{"relu", "leaky_relu: {negative_slope: 0.2}",  "relu6", "hardsigmoid", "hardswish", "silu",
                                                  "mish", "softplus: {beta: 1.5, threshold: 2}"};

TEST_CASE("batch_norm's result and gradients are those of a plain loop, alone and with each activation") {
  std::vector<std::string> behind{"", "\n- tanh"};
  for (const std::string& activation : joined_activations) behind.push_back("\n- " + activation);
  for (const std::string& activation : behind)
    for (const int channels : {3, 8, 20, 32}) {
      check_network("- batch_norm" + activation, {channels, 5, 4}, 3);
      check_network("- batch_norm: {affine: false, eps: 0.01}" + activation, {channels, 5, 4}, 3);
    }
}

TEST_CASE("a channel with a NaN is lost as a whole, with every activation, and no other channel is") {
  constexpr std::int64_t channels = 5, pixels = 12;
  for (const std::string& activation : joined_activations) {
    CAPTURE(activation);
    ModelOptions options;
    options.batch_size = 2;
    Model model(network_of("- batch_norm\n- " + activation, {channels, 3, 4}), options);
    Program& program = model.training(2);
    const auto images = random_floats(program.input().size(), 1);
    std::copy(images.begin(), images.end(), program.input().begin());
    program.input()[pixels] = std::numeric_limits<float>::quiet_NaN();  // in the first image's second channel
    program.forward();
    for (std::size_t i = 0; i < program.output().size(); ++i)
      CHECK(std::isnan(program.output()[i]) == (static_cast<std::int64_t>(i) / pixels % channels == 1));
  }
}

TEST_CASE("the gradient of batch_norm stands where its result's gradient stood") {
  ModelOptions options;
  options.batch_size = 4;
  options.input_gradient = true;
  const auto bytes = [&](const std::string& items) {
    Model model(network_of(items, {16, 32, 32}), options);
    return model.training(4).arena_bytes();
  };
  constexpr std::int64_t map = std::int64_t{4} * 16 * 32 * 32 * 4;
  // The input, the convolution's two maps, and either's gradient; statistics and scratch are small.
  const std::string convolutions =
      "- conv: {out_channels: 16, kernel_size: 1}\n- batch_norm\n- relu6\n- conv: {out_channels: 16, kernel_size: 1}";
  CHECK(bytes(convolutions) < 6 * map + map / 4);
}

TEST_CASE("batch_norm works on a vector, every feature a channel") {
  check_network("- flatten\n- linear: {out_features: 12}\n- batch_norm\n- relu", {3, 2, 2}, 5);
  check_network("- flatten\n- batch_norm", {8, 3, 3}, 4);
}

TEST_CASE("batch_norm, relu and pooling in one are right, also where pixels are left over") {
  for (const int channels : {3, 16, 20, 32}) {
    check_network("- batch_norm\n- relu\n- max_pool: {kernel_size: 2}", {channels, 6, 8}, 3);
    check_network("- batch_norm: {affine: false}\n- relu\n- max_pool: {kernel_size: 2}", {channels, 5, 7}, 2);
    check_network("- batch_norm\n- relu\n- max_pool: {kernel_size: [3, 2]}", {channels, 10, 5}, 2);
  }
}

TEST_CASE("batch_norm, relu and pooling in one are right where windows overlap, leave gaps, hang over the edges or are dilated") {
  for (const std::string pool :
       {"{kernel_size: 3, stride: 2, padding: 1}", "{kernel_size: 3, stride: 1, padding: 1}", "{kernel_size: 2, stride: 3}",
        "{kernel_size: 2, stride: 1000000}", "{kernel_size: 3, stride: 2, ceil_mode: true}",
        "{kernel_size: [3, 2], stride: [2, 1], padding: [1, 0]}", "{kernel_size: 3, dilation: 2, padding: 1}"})
    for (const int channels : {16, 20}) check_network("- batch_norm\n- relu\n- max_pool: " + pool, {channels, 8, 9}, 2);
}

TEST_CASE("batch_norm, relu and pooling in one are right over the largest window") {
  check_network("- batch_norm\n- relu\n- max_pool: {kernel_size: [15, 17]}", {16, 30, 18}, 2);
}

TEST_CASE("a whole block of convolution, batch_norm, relu and pooling is right") {
  check_network(
      "- conv: {out_channels: 16, kernel_size: 5, padding: 2}\n- batch_norm\n- relu\n- max_pool: {kernel_size: 2}\n- conv: {out_channels: "
      "32, kernel_size: 5, padding: 2}\n"
      "- batch_norm\n- relu\n- max_pool: {kernel_size: 2}\n- flatten\n- linear: {out_features: 10}",
      {1, 12, 12}, 4);
}

TEST_CASE("the statistics of many values are as exact as a float") {
  const Graph graph = network_of("- batch_norm: {momentum: 1}\n- relu", {16, 64, 64});
  ModelOptions options;
  options.batch_size = 8;
  Model model(graph, options);
  Program& program = model.training(8);
  const std::span<float> images = program.input();
  std::vector<double> sums(16), squares(16);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < images.size(); ++i) {
    state = state * 1664525 + 1013904223;  // Numerical Recipes' generator
    images[i] = static_cast<float>(state >> 8) / 16'777'216.0F;
    const auto value = static_cast<double>(images[i]);
    sums[i / 4096 % 16] += value;
    squares[i / 4096 % 16] += value * value;
  }
  program.forward();
  constexpr double count = 8 * 4096;
  for (std::size_t c = 0; c < 16; ++c) {
    const double mean = sums[c] / count, variance = (squares[c] - count * mean * mean) / (count - 1);
    CHECK(std::abs(static_cast<double>(model.parameter(find_parameter(graph, "0.running_mean"))[c]) - mean) < 2e-7 * mean);
    CHECK(std::abs(static_cast<double>(model.parameter(find_parameter(graph, "0.running_var"))[c]) - variance) < 1e-6 * variance);
  }
}

TEST_CASE("the running variance is the unbiased one: with two values it is twice the batch's") {
  for (const std::string rest : {"", "\n- relu\n- max_pool: {kernel_size: 1}"}) {
    const Graph graph = network_of("- batch_norm: {momentum: 0.25}" + rest, {1, 1, 1});
    ModelOptions options;
    options.batch_size = 2;
    Model model(graph, options);
    const ParameterId mean = find_parameter(graph, "0.running_mean"), variance = find_parameter(graph, "0.running_var");
    model.set_parameter(find_parameter(graph, "0.weight"), std::vector<float>{1});
    model.set_parameter(mean, std::vector<float>{0});
    model.set_parameter(variance, std::vector<float>{1});
    Program& program = model.training(2);
    program.input()[0] = 3;
    program.input()[1] = 7;
    program.forward();
    CHECK(model.parameter(mean)[0] == doctest::Approx(0.25 * 5));
    CHECK(model.parameter(variance)[0] == doctest::Approx(0.75 + 0.25 * 8));  // biased 4, unbiased 8
  }
}

TEST_CASE("training on one value per channel is an error that says what to do") {
  ModelOptions options;
  options.batch_size = 1;
  CHECK_THROWS_WITH_AS(Model(network_of("- batch_norm: {name: norm}", {4, 1, 1}), options),
                       "norm: batch_norm needs more than one value per channel to train on; use a larger batch, or train.drop_last: true",
                       std::runtime_error);
}

}  // namespace
}  // namespace cnnctl
