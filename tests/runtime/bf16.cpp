#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "check.h"
#include "engine/graph/passes/passes.h"
#include "engine/runtime/chooser.h"
#include "engine/runtime/compiler.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

constexpr std::int64_t images = 3;

ModelOptions options_for(Precision precision, const Choices& known = {}) {
  ModelOptions options{.batch_size = images, .known = known};
  options.input_gradient = true;
  options.precision = precision;
  return options;
}

void fill(std::span<float> values, unsigned seed) {
  const auto random = random_floats(values.size(), seed);
  std::copy(random.begin(), random.end(), values.begin());
}

/// What a training step and an evaluation give: results, and gradients of the input and of all parameters.
struct Numbers {
  std::vector<double> output, input_gradient, gradients, evaluation;
};

Numbers numbers_of(const Graph& graph, const ModelOptions& options) {
  Model model(graph, options);
  const PlainParameters parameters = randomize(model, 4);
  Numbers numbers;
  Program& training = model.training(images);
  fill(training.input(), 5);
  training.forward();
  numbers.output.assign(training.output().begin(), training.output().end());
  fill(training.output_gradient(), 6);
  training.backward();
  numbers.input_gradient.assign(training.input_gradient().begin(), training.input_gradient().end());
  for (std::size_t id = 0; id < parameters.size(); ++id) {
    if (!graph.parameters[id].trainable) continue;
    const auto gradient = model.to_plain(static_cast<ParameterId>(id), model.trainable_gradients());
    numbers.gradients.insert(numbers.gradients.end(), gradient.begin(), gradient.end());
  }
  Program& evaluation = model.evaluation(images);
  fill(evaluation.input(), 5);
  evaluation.forward();
  numbers.evaluation.assign(evaluation.output().begin(), evaluation.output().end());
  return numbers;
}

/// By how much bf16 differs from f32 in each of a network's results, as a part of them.
struct Errors {
  double output, evaluation, input_gradient, gradients;
  double largest() const { return std::max({output, evaluation, input_gradient, gradients}); }
};

Errors errors_of(const std::string& items, const Shape& input, const Choices& known = {}) {
  const Graph graph = network_of(items, input);
  const Numbers bf16 = numbers_of(graph, options_for(Precision::bf16, known)), f32 = numbers_of(graph, options_for(Precision::f32));
  return {relative_error(bf16.output, f32.output), relative_error(bf16.evaluation, f32.evaluation),
          relative_error(bf16.input_gradient, f32.input_gradient), relative_error(bf16.gradients, f32.gradients)};
}

TEST_CASE("convolutions in bf16 are those of f32 but for rounding, in all directions and in evaluation") {
  if (!has_bf16()) return;
  struct Case {
    const char* items;
    Shape input;
  };
  const std::vector<Case> cases = {
      {"- conv: {out_channels: 32, kernel_size: 3, padding: 1}", {16, 9, 9}},
      {"- conv: {out_channels: 32, kernel_size: 5, padding: 2}\n- relu", {16, 9, 9}},
      {"- conv: {out_channels: 16, kernel_size: 7, stride: 2, padding: 3, bias: false}", {3, 19, 17}},
      {"- conv: {out_channels: 16, kernel_size: 3}", {1, 9, 9}},
      {"- conv: {out_channels: 48, kernel_size: 3, stride: 2, padding: 1}", {32, 9, 8}},
      {"- conv: {out_channels: 48, kernel_size: 3, stride: 2, padding: 1}", {32, 3, 3}},
      {"- conv: {out_channels: 40, kernel_size: 1}", {24, 6, 6}},
      {"- conv: {out_channels: 40, kernel_size: 1, stride: 2}", {24, 7, 5}},
      {"- conv: {out_channels: 32, kernel_size: 3, padding: 2, dilation: 2}", {32, 9, 9}},
      {"- conv: {out_channels: 32, kernel_size: [3, 1], padding: [1, 0]}", {32, 9, 9}},
      {"- conv: {out_channels: 16, kernel_size: 3, padding: 1, bias: false}\n- batch_norm\n- relu", {16, 8, 8}},
      {"- conv: {out_channels: 32, kernel_size: 3, stride: 2, padding: 1}\n- batch_norm\n- relu\n- max_pool: {kernel_size: 3, stride: 2, "
       "padding: 1}",
       {16, 17, 18}},
      {"- conv: {out_channels: 16, kernel_size: 1}\n- residual:\n    body:\n      - conv: {out_channels: 16, kernel_size: 3, padding: "
       "1}\n- relu",
       {32, 8, 8}},
      {"- conv: {out_channels: 16, kernel_size: 1}\n- residual:\n    body:\n      - conv: {out_channels: 16, kernel_size: 1}\n- relu",
       {32, 8, 8}},
  };
  for (const Case& c : cases) {
    INFO(c.items);
    const Errors errors = errors_of(c.items, c.input);
    const bool of_few = c.input.channels <= 3;  // some versions of the library have no loops in bf16 for them, or not all
    for (const double error : {errors.output, errors.evaluation, errors.gradients, errors.input_gradient}) CHECK((of_few || error > 1e-4));
    for (const double error : {errors.output, errors.evaluation}) CHECK(error < 2e-2);
    const bool has_relu = std::string_view(c.items).find("relu") != std::string_view::npos;  // which rounding turns over here and there
    for (const double error : {errors.input_gradient, errors.gradients}) CHECK(error < (has_relu ? 0.15 : 2e-2));
  }
}

TEST_CASE("every way to compute a convolution in bf16 is right, and the direct one rounds least") {
  if (!has_bf16()) return;
  const std::string items = "- conv: {out_channels: 32, kernel_size: 3, padding: 1}";
  const Shape input{32, 9, 9};
  const auto with = [&](const std::string& way) {
    Model model(network_of(items, input), options_for(Precision::bf16));
    model.evaluation(images);
    Choices known = model.choices();
    for (auto& [key, name] : known) name = way;
    return errors_of(items, input, known).largest();
  };
  const double direct = with("direct"), winograd = with("winograd"), by_channels = with("winograd by channels");
  CHECK(direct < 4e-3);
  CHECK(winograd > direct);
  CHECK(winograd < 2e-2);
  CHECK(by_channels == doctest::Approx(winograd).epsilon(0.1));
}

TEST_CASE("a norm with pooling gives its gradient in bf16 where a convolution rounds it, and nobody else reads it") {
  if (!has_bf16()) return;
  const auto roundings = [](Chain& net) {
    const Graph graph = fuse_norm_pooling(fuse_norm_activation(net));
    const std::uint64_t dropout_state = 0;
    ParameterStore store(graph);
    const AlignedMemory none;
    Chooser chooser(options_for(Precision::bf16), none, [] { return std::int64_t{0}; });
    const CompiledProgram program = Compiler(graph, Mode::training, images, store, dropout_state, true, chooser).compile();
    return std::count_if(program.backward.begin(), program.backward.end(),
                         [](const LabelledStep& step) { return step.label.pass == std::string("round"); });
  };
  Chain net({16, 17, 18});
  const ValueId map = net.convolution(16, 3, 2).value();
  const ValueId pooled = net.batch_norm().relu().max_pool({3, 2, 1, 1, 1}).value();
  CHECK(roundings(net) == 1);  // of the input, for the gradient by weights
  net.from(map).max_pool({3, 2, 1, 1, 1}).plus(pooled);
  CHECK(roundings(net) == 3);  // of the gradient, too, for either direction
}

TEST_CASE("choices in bf16 are others than in f32") {
  if (!has_bf16()) return;
  const Graph graph = network_of("- conv: {out_channels: 32, kernel_size: 3, padding: 1}", {32, 9, 9});
  std::set<std::string> keys;
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    const Model model(graph, options_for(precision));
    for (const auto& [key, name] : model.choices()) keys.insert(key);
  }
  CHECK(keys.size() == 6);
}

TEST_CASE("what the library gets wrong in bf16, or has no fast loops for, is computed in f32") {
  if (!has_bf16()) return;
  for (const auto& network : std::vector<std::pair<std::string, Shape>>{
           {"- conv: {out_channels: 32, kernel_size: 3, stride: 2, padding: 1}", {32, 1, 1}},
           {"- conv: {out_channels: 32, kernel_size: 2, stride: 2, padding: 1}", {32, 2, 2}},
           {"- conv: {out_channels: 32, kernel_size: 1, stride: 2, padding: 1}", {32, 1, 1}},
           {"- conv: {out_channels: 32, kernel_size: 3, padding: 1, groups: 32}", {32, 8, 8}},
           {"- conv: {out_channels: 32, kernel_size: 3, padding: 1, groups: 2}", {32, 8, 8}},
       }) {
    INFO(network.first);
    CHECK(errors_of(network.first, network.second).largest() < 1e-5);
  }
}

TEST_CASE("a model in bf16 is refused where the processor does not have it") {
  if (has_bf16()) return;
  const Graph graph = network_of("- conv: {out_channels: 8, kernel_size: 3}", {8, 9, 9});
  CHECK_THROWS_WITH(Model(graph, options_for(Precision::bf16)),
                    "bf16 needs a processor that multiplies bfloat16 (AVX512_BF16), and this one does not; use f32");
}

}  // namespace
}  // namespace cnnctl
