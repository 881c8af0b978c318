#include "engine/runtime/model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "check.h"
#include "engine/runtime/selftest.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

const std::string convnet =
    "- conv: {out_channels: 16, kernel_size: 3, padding: 1}\n- batch_norm\n- relu\n- max_pool: {kernel_size: 2}\n"
    "- conv: {out_channels: 20, kernel_size: 5, padding: 2}\n- batch_norm\n- relu\n- flatten\n- linear: {out_features: 10}";
const Shape image{3, 8, 8};

ModelOptions options_for(Mode mode, std::int64_t batch_size) {
  ModelOptions options;
  options.mode = mode;
  options.batch_size = batch_size;
  return options;
}

std::vector<float> run(Program& program, const std::vector<float>& images) {
  std::copy(images.begin(), images.end(), program.input().begin());
  program.forward();
  return {program.output().begin(), program.output().end()};
}

/// One training step of plain gradient descent on the sum of the outputs.
void descend(Model& model, std::int64_t batch_size, const std::vector<float>& images) {
  Program& program = model.training(batch_size);
  run(program, images);
  std::fill(program.output_gradient().begin(), program.output_gradient().end(), 0.01F);
  program.backward();
  const auto values = model.trainable_values();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] -= 0.1F * model.trainable_gradients()[i];
  model.values_changed();
}

TEST_CASE("a parameter comes out as it went in, whatever format it is kept in") {
  for (const Mode mode : {Mode::training, Mode::evaluation}) {
    Model model(network_of(convnet, image), options_for(mode, 2));
    const PlainParameters set = randomize(model, 1);
    for (std::size_t i = 0; i < set.size(); ++i) {
      const std::vector<float> got = model.parameter(static_cast<ParameterId>(i));
      CHECK(std::vector<double>(got.begin(), got.end()) == set[i]);
    }
  }
}

TEST_CASE("a buffer laid out like the values goes to PyTorch's order and back") {
  Model model(network_of(convnet, image), options_for(Mode::training, 2));
  const auto values = random_floats(16 * 3 * 3 * 3, 4);
  std::vector<float> buffer(model.trainable_values().size(), 0.0F);
  model.from_plain(0, values, buffer);
  CHECK(model.to_plain(0, buffer) == values);
}

TEST_CASE("programs of all batch sizes and both modes share the parameters and one arena") {
  Model model(network_of(convnet, image), options_for(Mode::training, 4));
  randomize(model, 2);
  const auto four = random_floats(4 * 192, 5);
  const std::vector<float> three(four.begin(), four.begin() + 3 * 192);
  const auto expected = run(model.evaluation(4), four);
  const auto of_three = run(model.evaluation(3), three);
  CHECK(model.evaluation(3).batch_size() == 3);
  for (std::size_t i = 0; i < of_three.size(); ++i) CHECK(of_three[i] == doctest::Approx(expected[i]).epsilon(1e-4));
  descend(model, 7, random_floats(7 * 192, 6));
  descend(model, 3, three);
  CHECK(run(model.evaluation(4), four) != expected);
}

TEST_CASE("evaluation follows every change of parameters, folded weights included") {
  Model model(network_of(convnet, image), options_for(Mode::training, 2));
  const auto images = random_floats(2 * 192, 5);
  randomize(model, 1);
  const auto before = run(model.evaluation(2), images);
  descend(model, 2, images);
  const auto after = run(model.evaluation(2), images);
  CHECK(before != after);
  Model fresh(network_of(convnet, image), options_for(Mode::evaluation, 2));
  for (std::size_t i = 0; i < model.graph().parameters.size(); ++i)
    fresh.set_parameter(static_cast<ParameterId>(i), model.parameter(static_cast<ParameterId>(i)));
  const auto again = run(fresh.evaluation(2), images);
  for (std::size_t i = 0; i < after.size(); ++i) CHECK(again[i] == doctest::Approx(after[i]).epsilon(1e-4));
}

TEST_CASE("the same steps give the same bits") {
  const auto train = [&] {
    Model model(network_of(convnet, image), options_for(Mode::training, 5));
    randomize(model, 9);
    for (unsigned step = 0; step < 3; ++step) descend(model, 5, random_floats(5 * 192, step));
    return std::vector<float>(model.trainable_values().begin(), model.trainable_values().end());
  };
  CHECK(train() == train());
}

TEST_CASE("padding of blocked weights stays zero while they are trained") {
  Model model(network_of("- conv: {out_channels: 20, kernel_size: 3}\n- conv: {out_channels: 9, kernel_size: 3}", {3, 8, 8}),
              options_for(Mode::training, 2));
  randomize(model, 9);
  descend(model, 2, random_floats(2 * 192, 1));
  std::size_t elements = 0;
  for (const Parameter& parameter : model.graph().parameters) elements += static_cast<std::size_t>(parameter.count());
  const auto values = model.trainable_values();
  CHECK(static_cast<std::size_t>(std::count_if(values.begin(), values.end(), [](float v) { return v != 0; })) <= elements);
}

/// A training step on random images whose gradients come to stand where something else stood.
void descend_over_remains(Model& model) {
  Program& program = model.training(2);
  std::fill(model.trainable_gradients().begin(), model.trainable_gradients().end(), std::numeric_limits<float>::quiet_NaN());
  descend(model, 2, random_floats(program.input().size(), 1));
}

std::size_t count_nonzero(std::span<const float> values) {
  return values.size() - static_cast<std::size_t>(std::count(values.begin(), values.end(), 0.0F));
}

void check_gradient_padding(const std::string& layers, const Shape& input) {
  INFO(layers);
  Model model(network_of(layers, input), options_for(Mode::training, 2));
  randomize(model, 9);
  descend_over_remains(model);
  std::vector<float> placed(model.trainable_gradients().size(), 0.0F);
  for (std::size_t i = 0; i < model.graph().parameters.size(); ++i)
    if (const auto id = static_cast<ParameterId>(i); model.graph().parameters[i].trainable)
      model.from_plain(id, model.to_plain(id, model.trainable_gradients()), placed);
  CHECK(count_nonzero(placed) > 0);
  CHECK(std::equal(placed.begin(), placed.end(), model.trainable_gradients().begin()));
}

TEST_CASE("gradients are zero in the padding of formats and between parameters") {
  check_gradient_padding(
      "- conv: {out_channels: 20, kernel_size: 3}\n- batch_norm\n- relu\n- conv: {out_channels: 20, kernel_size: 3, padding: 1, groups: "
      "20}\n"
      "- conv: {out_channels: 9, kernel_size: 1}\n- batch_norm: {affine: false}\n- conv: {out_channels: 12, kernel_size: 3, groups: 3}\n"
      "- layer_norm\n- conv: {out_channels: 24, kernel_size: 1, bias: false}\n- group_norm: {num_groups: 2}\n- prelu\n- flatten\n"
      "- linear: {out_features: 7}\n- linear: {out_features: 5, bias: false}",
      {3, 12, 12});
  for (const std::int64_t channels : {1, 2, 3})
    for (const int kernel : {1, 3, 5, 7})
      for (const int padding : {0, 2})
        check_gradient_padding(fmt::format("- conv: {{out_channels: 20, kernel_size: {}, padding: {}}}\n- relu", kernel, padding),
                               {channels, 12, 12});
  check_gradient_padding("- conv: {out_channels: 20, kernel_size: 3, padding: [2, 1]}\n- relu", {3, 12, 12});
}

TEST_CASE("what a program hands out begins at a cache line, whatever the number of parameters") {
  Model model(network_of("- flatten\n- linear: {out_features: 2001}", {4, 1, 1}), options_for(Mode::training, 64));
  const Program& program = model.training(64);
  CHECK(reinterpret_cast<std::uintptr_t>(program.output().data()) % 64 == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(model.trainable_gradients().data()) % 64 == 0);
}

TEST_CASE("parameters that the result does not depend on have a gradient of zero") {
  Chain net({3, 8, 8});
  const ValueId early = net.convolution(8).value();
  Model model(net.convolution(4).from(early), options_for(Mode::training, 2));
  randomize(model, 9);
  descend_over_remains(model);
  CHECK(count_nonzero(model.to_plain(0, model.trainable_gradients())) == 8 * 3 * 9);
  CHECK(count_nonzero(model.to_plain(2, model.trainable_gradients())) == 0);
  CHECK(count_nonzero(model.trainable_gradients()) == 8 * 3 * 9 + 8);
}

TEST_CASE("dropout zeroes the share it should, scales the rest, and its backward uses the same mask") {
  ModelOptions options = options_for(Mode::training, 10);
  options.input_gradient = true;
  Model model(network_of("- dropout: {p: 0.3}", {10, 10, 10}), options);
  Program& program = model.training(10);
  const auto y = run(program, std::vector<float>(10000, 1.0F));
  const auto dropped = std::count(y.begin(), y.end(), 0.0F);
  CHECK(dropped > 2850);
  CHECK(dropped < 3150);
  CHECK(*std::max_element(y.begin(), y.end()) == doctest::Approx(1 / 0.7));
  std::fill(program.output_gradient().begin(), program.output_gradient().end(), 1.0F);
  program.backward();
  CHECK(std::equal(y.begin(), y.end(), program.input_gradient().begin()));
}

TEST_CASE("dropout's masks differ from step to step and return with the step's number") {
  Model model(network_of("- dropout", {10, 10, 10}), options_for(Mode::training, 1));
  const std::vector<float> ones(1000, 1.0F);
  const auto first = run(model.training(1), ones);
  model.values_changed();
  CHECK(run(model.training(1), ones) != first);
  model.set_dropout_step(0);
  CHECK(run(model.training(1), ones) == first);
  CHECK(run(model.evaluation(1), ones) == ones);
}

TEST_CASE("dropout with p = 1 gives zeros and no NaN") {
  Model model(network_of("- dropout: {p: 1}", {2, 3, 4}), options_for(Mode::training, 1));
  CHECK(run(model.training(1), std::vector<float>(24, 5.0F)) == std::vector<float>(24, 0.0F));
}

TEST_CASE("a profile names every step with its time") {
  ModelOptions options = options_for(Mode::training, 2);
  options.profile = true;
  Model model(network_of(convnet, image), options);
  descend(model, 2, random_floats(2 * 192, 1));
  const auto times = model.training(2).step_times();
  CHECK(std::any_of(times.begin(), times.end(),
                    [](const StepTime& t) { return t.layer == "0" && t.pass == "backward weights" && t.gflops > 0; }));
  CHECK(std::all_of(times.begin(), times.end(), [](const StepTime& t) { return t.milliseconds >= 0 && !t.implementation.empty(); }));
}

TEST_CASE("a model made for evaluation refuses to train") {
  Model model(network_of(convnet, image), options_for(Mode::evaluation, 2));
  CHECK_THROWS_AS(model.training(2), std::logic_error);
}

TEST_CASE("a tensor that the library cannot address is an error with its size and the way out") {
  CHECK_THROWS_WITH_AS(
      Model(network_of("- conv: {name: big, out_channels: 64, kernel_size: 1}", {1, 1024, 1024}), options_for(Mode::evaluation, 16)),
      "big: a tensor of 4096 MiB is needed, and oneDNN computes only below 2048 MiB; choose a smaller batch size", std::runtime_error);
}

TEST_CASE("convolutions are right on this machine") { CHECK(self_test().convolutions_are_right); }

}  // namespace

TEST_CASE("a batch that the machine's memory cannot hold is refused before memory is taken") {
  const Graph deep = network_of("- prelu: {repeat: 4000}", {1, 1000, 1000});
  CHECK_THROWS_WITH(Model(deep, options_for(Mode::training, 500)), doctest::Contains("choose a smaller one"));
}
}  // namespace cnnctl
