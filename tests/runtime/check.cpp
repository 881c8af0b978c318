#include "check.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "engine/config/parse.h"
#include "engine/network/build.h"

namespace cnnctl {
namespace {

// Of the norm; f32 sums of a few thousand terms stay well below.
constexpr double kForwardBound = 2e-5;
constexpr double kGradientBound = 1e-4;
// Elements of a tensor whose derivative is taken by differences: all of a small one, else as many, evenly spread.
constexpr std::size_t kMostDifferences = 24;

std::vector<double> doubles(std::span<const float> values) { return {values.begin(), values.end()}; }

/// The loss whose gradient is checked: the output times fixed random weights.
double weighted_sum(const PlainTensor& y, const std::vector<float>& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < y.values.size(); ++i) sum += y.values[i] * static_cast<double>(weights[i]);
  return sum;
}

struct Checker {
  const Graph& graph;
  PlainParameters parameters;
  PlainTensor input;
  std::vector<float> weights;  // of the output, in the loss

  double loss() const { return weighted_sum(run_plain(graph, parameters, input, true), weights); }

  /// Compares a gradient with central differences by the elements of `values`, which is one of this checker's own.
  void check_gradient(const std::string& what, std::vector<double>& values, const std::vector<double>& gradient) {
    constexpr double step = 1e-5;
    std::vector<double> want, got;
    const std::size_t stride = std::max<std::size_t>(1, values.size() / kMostDifferences);
    for (std::size_t i = 0; i < values.size(); i += stride) {
      const double original = values[i];
      values[i] = original + step;
      const double above = loss();
      values[i] = original - step;
      const double below = loss();
      values[i] = original;
      want.push_back((above - below) / (2 * step));
      got.push_back(gradient[i]);
    }
    INFO(what);
    CHECK(relative_error(got, want) < kGradientBound);
  }
};

}  // namespace

Graph network_of(const std::string& items, const Shape& input) {
  const auto source =
      std::make_shared<const Source>(Source{"test.yaml", "input: [" + std::to_string(input.channels) + ", " + std::to_string(input.height) +
                                                             ", " + std::to_string(input.width) + "]\nmodel:\n" + items});
  Diagnostics diagnostics;
  const Value config = parse_yaml(source, diagnostics);
  Vars vars;
  const Value *input_value = config.find("input"), *model = config.find("model");
  Graph graph = build_network({"test", config.place, *input_value, *model}, vars, Blocks(), diagnostics);
  throw_if_errors(diagnostics);
  return graph;
}

std::vector<float> random_floats(std::size_t count, unsigned seed, float low, float high) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(low, high);
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return uniform(random); });
  return values;
}

PlainParameters randomize(Model& model, unsigned seed) {
  PlainParameters plain;
  for (std::size_t i = 0; i < model.graph().parameters.size(); ++i) {
    const Parameter& parameter = model.graph().parameters[i];
    const bool statistic = !parameter.trainable;  // a variance is positive, and a mean may be
    const auto values =
        random_floats(static_cast<std::size_t>(parameter.count()), seed + static_cast<unsigned>(i), statistic ? 0.5F : -0.7F, 1.0F);
    model.set_parameter(static_cast<ParameterId>(i), values);
    plain.push_back(doubles(values));
  }
  return plain;
}

double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  // Tensors of nothing but rounding (the bias before a batch norm) are held to what is small beside 1.
  constexpr double least = 0.05;
  return std::sqrt(difference) / std::max(std::sqrt(norm), least * std::sqrt(static_cast<double>(b.size())));
}

void check_network(const std::string& items, const Shape& input, std::int64_t batch_size) {
  INFO(items);
  check_graph(network_of(items, input), batch_size);
}

void check_graph(const Graph& graph, std::int64_t batch_size, const Choices& known) {
  const Shape& input = graph.input_shape();
  INFO(to_string(graph) << " on " << to_string(input) << ", batch " << batch_size);
  ModelOptions options;
  options.batch_size = batch_size;
  options.input_gradient = true;
  options.known = known;
  Model model(graph, options);
  const PlainParameters parameters = randomize(model, 7);
  const auto images = random_floats(static_cast<std::size_t>(batch_size * input.count()), 3);
  const auto weights = random_floats(static_cast<std::size_t>(batch_size * graph.output_shape().count()), 5);
  Checker checker{graph, parameters, {batch_size, input, doubles(images)}, weights};

  Program& evaluation = model.evaluation(batch_size);
  std::copy(images.begin(), images.end(), evaluation.input().begin());
  evaluation.forward();
  CHECK_MESSAGE(relative_error(doubles(evaluation.output()), run_plain(graph, parameters, checker.input, false).values) < kForwardBound,
                "forward in evaluation");

  Program& training = model.training(batch_size);
  std::copy(images.begin(), images.end(), training.input().begin());
  training.forward();
  CHECK_MESSAGE(relative_error(doubles(training.output()), run_plain(graph, parameters, checker.input, true).values) < kForwardBound,
                "forward in training");
  std::copy(weights.begin(), weights.end(), training.output_gradient().begin());
  training.backward();

  checker.check_gradient("by the input", checker.input.values, doubles(training.input_gradient()));
  for (std::size_t i = 0; i < graph.parameters.size(); ++i)
    if (graph.parameters[i].trainable)
      checker.check_gradient("by " + graph.parameters[i].name, checker.parameters[i],
                             doubles(model.to_plain(static_cast<ParameterId>(i), model.trainable_gradients())));
}

std::string plain_loops(const std::string& items, const Shape& input) {
  constexpr std::int64_t images = 2;
  Model model(network_of(items, input), {.mode = Mode::training, .batch_size = images, .profile = true});
  Program& program = model.training(images);
  program.forward();
  program.backward();
  std::string found;
  for (const StepTime& step : program.step_times())
    if (step.implementation.starts_with("ref")) found += items + step.layer + ": " + step.pass + "\n";
  return found;
}

}  // namespace cnnctl
