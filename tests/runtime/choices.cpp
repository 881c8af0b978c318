#include "engine/runtime/choices.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "check.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/runtime/chooser.h"

namespace cnnctl {
namespace {

const std::string two_ways = "- conv: {out_channels: 16, kernel_size: 3, padding: 1}\n";
const Shape map{16, 8, 8};
constexpr std::int64_t images = 2;

Model model_of(const std::string& items, const ModelOptions& changed) {
  ModelOptions options = changed;
  options.batch_size = images;
  options.input_gradient = true;
  Model model(network_of(items, map), options);
  model.evaluation(images);
  return model;
}

Choices choices_of(const std::string& items, const ModelOptions& options) { return model_of(items, options).choices(); }

/// The implementations that compute the convolutions of a training step.
std::set<std::string> implementations(const ModelOptions& changed) {
  ModelOptions options = changed;
  options.profile = true;
  Model model = model_of(two_ways, options);
  Program& program = model.training(images);
  program.forward();
  program.backward();
  std::set<std::string> names;
  for (const StepTime& time : program.step_times())
    if (time.gflops > 0) names.insert(time.implementation);
  return names;
}

std::vector<std::string> directions(const Choices& choices) {
  std::vector<std::string> names;
  for (const auto& [key, name] : choices) names.push_back(key.substr(0, key.find(" convolution")));
  return names;
}

TEST_CASE("without a clock every direction of a convolution is computed as the rule says") {
  const Choices choices = choices_of(two_ways, {});
  CHECK(directions(choices) == std::vector<std::string>{"backward data", "backward weights", "evaluation", "forward"});
  CHECK(std::all_of(choices.begin(), choices.end(), [](const auto& choice) { return choice.second == "winograd"; }));
  CHECK(implementations({}) == std::set<std::string>{"cnnctl winograd"});
}

TEST_CASE("a convolution that there is one way to compute is no choice") {
  CHECK(choices_of("- conv: {out_channels: 16, kernel_size: 3, stride: 2}\n", {}).empty());
}

TEST_CASE("what is known is taken, and what is no way to compute the convolution is ignored") {
  const Choices rule = choices_of(two_ways, {});
  for (const auto& [key, name] : rule) {
    const Choices choices = choices_of(two_ways, {.known = {{key, "direct"}}});
    for (const auto& [other, chosen] : choices) CHECK(chosen == (other == key ? "direct" : "winograd"));
    CHECK(choices_of(two_ways, {.known = {{key, "magic"}}}) == rule);
  }
  CHECK(model_of(two_ways, {.known = rule}).tuning().known == 4);
}

TEST_CASE("what ends the wait for the data before something is timed is not taken for a layer's mistake") {
  const ModelOptions options{.tuning_seconds = 1, .before_tuning = [] { throw InputError("nowhere: no such folder"); }};
  CHECK_THROWS_WITH_AS(model_of(two_ways, options), "nowhere: no such folder", InputError);
}

TEST_CASE("a deterministic model takes no way that would have to be chosen, whatever is known") {
  const ModelOptions options{.known = choices_of(two_ways, {}), .tuning_seconds = 1, .deterministic = true};
  CHECK(choices_of(two_ways, options).empty());
  CHECK_FALSE(implementations(options).contains("cnnctl winograd"));
}

TEST_CASE("with time to spend every direction is timed once for all layers of the same sizes") {
  const Model model = model_of(two_ways + two_ways, {.tuning_seconds = 100});
  CHECK(model.choices().size() == 4);
  CHECK(model.tuning().timed == model.choices());
  CHECK(model.tuning().known == 0);
  CHECK(model.tuning().seconds > 0);
}

TEST_CASE("nothing is timed that is known, or that no time is left for") {
  const Choices rule = choices_of(two_ways, {});
  CHECK(model_of(two_ways, {.known = rule, .tuning_seconds = 100}).tuning().timed.empty());
  const Model hurried = model_of(two_ways, {.tuning_seconds = 1e-9});
  CHECK(hurried.tuning().timed.empty());
  CHECK(hurried.choices() == rule);
}

TEST_CASE("trials leave no trace in the numbers: a model that timed computes as one that is told its choices") {
  const auto result = [](Model model) {
    randomize(model, 4);
    const auto values = random_floats(static_cast<std::size_t>(images * map.count()), 5);
    Program& program = model.training(images);
    std::copy(values.begin(), values.end(), program.input().begin());
    program.forward();
    std::copy(values.begin(), values.end(), program.output_gradient().begin());
    program.backward();
    std::vector<float> all(program.output().begin(), program.output().end());
    all.insert(all.end(), program.input_gradient().begin(), program.input_gradient().end());
    all.insert(all.end(), model.trainable_gradients().begin(), model.trainable_gradients().end());
    return all;
  };
  Model timed = model_of(two_ways, {.tuning_seconds = 100});
  const Choices choices = timed.choices();
  CHECK(result(std::move(timed)) == result(model_of(two_ways, {.known = choices})));
}

TEST_CASE("a convolution that evaluation adds a map to is timed with that map") {
  const std::string residual = "- residual:\n    body:\n      " + two_ways + "- relu\n";
  const auto result = [](Model model) {
    randomize(model, 4);
    const auto values = random_floats(static_cast<std::size_t>(images * map.count()), 5);
    Program& program = model.evaluation(images);
    std::copy(values.begin(), values.end(), program.input().begin());
    program.forward();
    return std::vector<float>(program.output().begin(), program.output().end());
  };
  Model timed = model_of(residual, {.tuning_seconds = 100});
  CHECK(timed.tuning().timed.size() == 4);
  const Choices choices = timed.choices();
  CHECK(result(std::move(timed)) == result(model_of(residual, {.known = choices})));
}

TEST_CASE("every way to compute every direction of a convolution is right beside every other") {
  const std::vector<std::string> ways = {"direct", "winograd", "winograd by channels", "library winograd", "pointwise", "exchanged"};
  for (const std::string items : {"- conv: {out_channels: 32, kernel_size: 3, padding: 1}\n- batch_norm\n- relu",
                                  "- conv: {out_channels: 16, kernel_size: 5, bias: false}",
                                  "- conv: {out_channels: 40, kernel_size: 1, bias: false}\n- batch_norm\n- relu6",
                                  "- conv: {out_channels: 24, kernel_size: 1}\n- hardsigmoid\n- conv: {out_channels: 16, kernel_size: 1, "
                                  "bias: false}",
                                  "- conv: {out_channels: 16, kernel_size: 1}\n- residual:\n    body:\n      - conv: {out_channels: 16, "
                                  "kernel_size: 3, padding: 1}\n- relu"}) {
    const Choices rule = choices_of(items, {});
    for (std::size_t turn = 0; turn < ways.size(); ++turn)
      for (const bool mixed : {false, true}) {
        Choices known = rule;
        std::size_t at = turn;
        for (auto& [key, name] : known) name = ways[mixed ? at++ % ways.size() : at];
        check_graph(network_of(items, map), images, known);
      }
  }
}

TEST_CASE("choices are said to come from the library's version, the instruction set and the number of threads") {
  const std::string origin = choices_origin();
  CHECK(origin.starts_with(runtime_description()));
  CHECK(origin.find(" threads; loops ") != std::string::npos);
}

}  // namespace
}  // namespace cnnctl
