#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

#include "../check.h"

namespace cnnctl {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

const std::vector<std::string> activations = {"relu",
                                              "sigmoid",
                                              "tanh",
                                              "elu",
                                              "elu: {alpha: 0.5}",
                                              "elu: {alpha: -0.5}",
                                              "leaky_relu",
                                              "leaky_relu: {negative_slope: 0.3}",
                                              "leaky_relu: {negative_slope: -0.3}",
                                              "relu6",
                                              "hardswish",
                                              "hardsigmoid",
                                              "silu",
                                              "gelu",
                                              "gelu: {approximate: tanh}",
                                              "mish",
                                              "softplus",
                                              "softplus: {beta: 2, threshold: 1}"};

/// A model's list of items.
std::string list_of(std::initializer_list<std::string> items) {
  std::string text;
  for (const std::string& item : items) text.append("- ").append(item).append("\n");
  return text;
}

/// What one layer on a vector gives in training, and its derivative.
struct Response {
  std::vector<float> values, derivatives;
};

Response respond(const std::string& item, const std::vector<float>& inputs) {
  ModelOptions options;
  options.input_gradient = true;
  Model model(network_of("- " + item, {1, 1, static_cast<std::int64_t>(inputs.size())}), options);
  Program& program = model.training(1);
  std::ranges::copy(inputs, program.input().begin());
  program.forward();
  Response response;
  response.values.assign(program.output().begin(), program.output().end());
  std::ranges::fill(program.output_gradient(), 1.0F);
  program.backward();
  response.derivatives.assign(program.input_gradient().begin(), program.input_gradient().end());
  return response;
}

TEST_CASE("every activation's result and gradient are those of a plain loop, on maps and vectors") {
  for (const std::string& activation : activations) {
    check_network("- " + activation, {3, 4, 5}, 2);
    check_network("- conv: {out_channels: 12, kernel_size: 3}\n- " + activation, {8, 5, 6}, 2);
    check_network("- conv: {out_channels: 16, kernel_size: 5}\n- " + activation + "\n- conv: {out_channels: 3, kernel_size: 1}", {16, 6, 6},
                  2);
    check_network("- flatten\n- linear: {out_features: 7}\n- " + activation, {12, 2, 2}, 3);
  }
}

TEST_CASE("activations one after another do not spoil what a backward pass reads") {
  check_network("- conv: {out_channels: 8, kernel_size: 1}\n- sigmoid\n- tanh\n- relu\n- elu", {4, 3, 3}, 2);
  check_network("- conv: {out_channels: 9, kernel_size: 1}\n- silu\n- mish\n- softplus\n- hardswish\n- hardsigmoid\n- gelu", {4, 3, 3}, 2);
}

TEST_CASE("a function that is not 0 at 0 leaves the padding of blocked channels alone") {
  for (const std::string activation : {"hardsigmoid", "softplus", "sigmoid"})
    check_network("- conv: {out_channels: 5, kernel_size: 3}\n- " + activation + "\n- conv: {out_channels: 4, kernel_size: 3}", {3, 7, 7},
                  2);
}

TEST_CASE("no activation falls back to the library's plain loops behind a number of channels that fills no block") {
  for (const std::string& activation : activations)
    CHECK(plain_loops("- conv: {out_channels: 20, kernel_size: 1}\n- " + activation, {3, 6, 6}) == "");
}

TEST_CASE("derivatives at the kinks are PyTorch's") {
  CHECK(respond("relu", {0, -0.0F}).derivatives == std::vector<float>{0, 0});
  CHECK(respond("relu6", {0, 6}).derivatives == std::vector<float>{0, 0});
  CHECK(respond("hardsigmoid", {-3, 3}).derivatives == std::vector<float>{0, 0});
  CHECK(respond("hardswish", {-3, 3}).derivatives == std::vector<float>{-0.5F, 1});
}

TEST_CASE("a NaN stays a NaN in every activation, and nothing else becomes one") {
  for (const std::string& activation : activations) {
    CAPTURE(activation);
    const Response response = respond(activation, {nan, 1e4F, -1e4F, 100, -100, 0, nan});
    for (std::size_t i = 0; i < response.values.size(); ++i) {
      CHECK(std::isnan(response.values[i]) == (i == 0 || i == 6));
      if (i != 0 && i != 6) CHECK(std::isfinite(response.derivatives[i]));
    }
  }
}

TEST_CASE("activations of large numbers and of infinity are their limits") {
  for (const std::string item : {"relu", "hardswish", "silu", "gelu", "gelu: {approximate: tanh}", "mish", "softplus"}) {
    CAPTURE(item);
    const Response response = respond(item, {1e4F, -1e4F, infinity});
    CHECK(response.values[0] == 1e4F);
    CHECK(response.values[1] == 0);
    // oneDNN 3.7 makes a NaN of it in gelu with AVX-512: nothing finite, so that it does not go unnoticed.
    CHECK((response.values[2] == infinity || (item == "gelu" && std::isnan(response.values[2]))));
    CHECK(response.derivatives[0] == doctest::Approx(1));
    CHECK(response.derivatives[1] == doctest::Approx(0));
  }
  CHECK(respond("relu6", {1e30F, infinity, -infinity}).values == std::vector<float>{6, 6, 0});
  CHECK(respond("hardsigmoid", {1e30F, infinity, -infinity}).values == std::vector<float>{1, 1, 0});
}

TEST_CASE("small results keep their digits") {
  const Response softplus = respond("softplus", {-20, -10, -80});
  CHECK(softplus.values[0] == doctest::Approx(std::exp(-20.0)).epsilon(1e-6));
  CHECK(softplus.values[1] == doctest::Approx(std::log1p(std::exp(-10.0))).epsilon(1e-6));
  CHECK(softplus.values[2] == doctest::Approx(std::exp(-80.0)).epsilon(1e-6));
  CHECK(respond("mish", {-20}).values[0] == doctest::Approx(-20 * std::exp(-20.0)).epsilon(1e-6));
}

TEST_CASE("prelu's and layer_scale's results and gradients are those of a plain loop, with one factor or one a channel") {
  for (const int channels : {3, 8, 12, 16}) {
    const std::string count = std::to_string(channels);
    for (const std::string& item : {std::string("prelu"), "prelu: {num_parameters: " + count + "}", std::string("layer_scale")}) {
      check_network(list_of({item}), {channels, 4, 5}, 2);
      check_network(list_of({"conv: {out_channels: " + count + ", kernel_size: 3}", item, "conv: {out_channels: 3, kernel_size: 1}"}),
                    {3, 5, 6}, 3);
      check_network(list_of({"flatten", "linear: {out_features: " + count + "}", item, "linear: {out_features: 2}"}), {3, 2, 2}, 3);
    }
  }
}

TEST_CASE("prelu and layer_scale on a flattened map have a channel a feature, in PyTorch's order") {
  check_network("- conv: {out_channels: 16, kernel_size: 1}\n- flatten\n- prelu: {num_parameters: 192}", {3, 3, 4}, 2);
  check_network("- conv: {out_channels: 5, kernel_size: 1}\n- flatten\n- layer_scale\n- linear: {out_features: 2}", {3, 3, 4}, 2);
}

TEST_CASE("maxout's result and gradients are those of a plain loop, on maps and vectors") {
  for (const std::string size : {"1", "2", "3", "4", "12"}) {
    check_network("- maxout: {pool_size: " + size + "}", {12, 3, 4}, 2);
    check_network(
        "- conv: {out_channels: 24, kernel_size: 3}\n- maxout: {pool_size: " + size + "}\n- conv: {out_channels: 3, kernel_size: 1}",
        {3, 5, 6}, 2);
    check_network("- flatten\n- linear: {out_features: 12}\n- maxout: {pool_size: " + size + "}\n- linear: {out_features: 2}", {3, 2, 2},
                  3);
    check_network("- conv: {out_channels: 16, kernel_size: 1}\n- flatten\n- maxout: {pool_size: " + size + "}", {3, 3, 4}, 2);
  }
}

TEST_CASE("of equal channels maxout's gradient goes to the first, and a NaN wins") {
  const Response equal = respond("maxout: {pool_size: 1}", {2});
  CHECK(equal.derivatives == std::vector<float>{1});
  ModelOptions options;
  options.input_gradient = true;
  Model model(network_of("- maxout: {pool_size: 3}", {6, 1, 1}), options);
  Program& program = model.training(1);
  std::ranges::copy(std::vector<float>{1, 2, 2, 5, nan, 7}, program.input().begin());
  program.forward();
  CHECK(program.output()[0] == 2);
  CHECK(std::isnan(program.output()[1]));
  std::ranges::fill(program.output_gradient(), 1.0F);
  program.backward();
  const auto gradient = program.input_gradient();
  CHECK(std::vector<float>(gradient.begin(), gradient.end()) == std::vector<float>{0, 1, 0, 0, 1, 0});
}

TEST_CASE("weights that are NaN reach the result in training, whatever is behind them") {
  for (const std::string rest :
       {"- relu", "- batch_norm\n- relu", "- batch_norm: {affine: false}\n- relu", "- batch_norm\n- relu\n- max_pool: {kernel_size: 2}",
        "- relu6", "- batch_norm\n- relu6\n- max_pool: {kernel_size: 2}", "- relu\n- avg_pool: {kernel_size: 2}", "- prelu"})
    for (const std::string channels : {"5", "16"}) {
      CAPTURE(rest);
      ModelOptions options;
      options.batch_size = 2;
      const std::string convolution = "- conv: {out_channels: " + channels + ", kernel_size: 3}\n";
      Model model(network_of(convolution + rest + "\n- flatten\n- linear: {out_features: 3}", {3, 8, 8}), options);
      randomize(model, 1);
      std::vector<float> weights = model.parameter(0);
      weights[30] = nan;
      model.set_parameter(0, weights);
      Program& program = model.training(2);
      program.forward();
      CHECK(std::ranges::all_of(program.output(), [](float y) { return std::isnan(y); }));
    }
}

TEST_CASE("a NaN among batch_norm's own parameters or in one image reaches the result in training") {
  const auto output = [](ParameterId lost, bool in_image) {
    ModelOptions options;
    options.batch_size = 2;
    Model model(network_of("- batch_norm\n- relu", {3, 4, 4}), options);
    randomize(model, 1);
    if (lost >= 0) model.set_parameter(lost, std::vector<float>{0, nan, 0});
    Program& program = model.training(2);
    std::ranges::copy(random_floats(96, 1), program.input().begin());
    if (in_image) program.input()[20] = nan;  // in channel 1 of the first image
    program.forward();
    return std::vector<float>(program.output().begin(), program.output().end());
  };
  for (const auto& y : {output(0, false), output(1, false), output(-1, true)})
    for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i / 16 % 3 == 1));
}

TEST_CASE("drop_path zeroes whole images, scales the rest, and its backward uses the same mask") {
  ModelOptions options;
  options.batch_size = 1000;
  options.input_gradient = true;
  Model model(network_of("- drop_path: {p: 0.3}", {2, 1, 3}), options);
  Program& program = model.training(1000);
  const auto run = [&] {
    std::ranges::fill(program.input(), 1.0F);
    program.forward();
    return std::vector<float>(program.output().begin(), program.output().end());
  };
  const std::vector<float> y = run();
  int dropped = 0;
  for (auto image = y.begin(); image != y.end(); image += 6) {
    CHECK(std::all_of(image, image + 6, [&](float v) { return v == *image; }));
    if (*image == 0) ++dropped;
  }
  CHECK(dropped > 240);
  CHECK(dropped < 360);
  CHECK(*std::ranges::max_element(y) == doctest::Approx(1 / 0.7));
  std::ranges::fill(program.output_gradient(), 1.0F);
  program.backward();
  CHECK(std::ranges::equal(y, program.input_gradient()));
  model.values_changed();
  CHECK(run() != y);
  model.set_dropout_step(0);
  CHECK(run() == y);
}

TEST_CASE("drop_path is the identity in evaluation and with p = 0, and gives zeros with p = 1") {
  const auto images = random_floats(24, 1);
  const auto run = [&](const std::string& p, bool training) {
    ModelOptions options;
    options.batch_size = 4;
    Model model(network_of("- drop_path: {p: " + p + "}", {1, 2, 3}), options);
    Program& program = training ? model.training(4) : model.evaluation(4);
    std::ranges::copy(images, program.input().begin());
    program.forward();
    return std::vector<float>(program.output().begin(), program.output().end());
  };
  CHECK(run("0.5", false) == images);
  CHECK(run("0", true) == images);
  CHECK(run("1", true) == std::vector<float>(24, 0.0F));
}

}  // namespace
}  // namespace cnnctl
