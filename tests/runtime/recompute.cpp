#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "check.h"
#include "engine/graph/passes/passes.h"
#include "engine/runtime/chooser.h"
#include "engine/runtime/compiler.h"
#include "engine/runtime/program.h"
#include "tests/support/with_threads.h"

namespace cnnctl {
namespace {

using Numbers = std::vector<float>;

/// All that a training step gives.
struct Outcome {
  Numbers output, input_gradient, gradients, statistics;
  std::int64_t arena_bytes = 0;

  friend bool operator==(const Outcome& a, const Outcome& b) {
    return a.output == b.output && a.input_gradient == b.input_gradient && a.gradients == b.gradients && a.statistics == b.statistics;
  }
};

/// How a step is computed.
struct Setting {
  std::int64_t images = 3;
  Choices known{};
};

/// A step of a graph that passes have prepared, by random numbers that are the same for the same graph.
Outcome train(const Graph& graph, const Setting& setting) {
  const std::int64_t images = setting.images;
  const std::uint64_t dropout_state = 5;
  ParameterStore store(graph);
  const AlignedMemory none;
  Chooser chooser({.known = setting.known}, none, [] { return std::int64_t{0}; });
  CompiledProgram compiled = Compiler(graph, Mode::training, images, store, dropout_state, true, chooser).compile();
  store.allocate();
  StepListProgram program(std::move(compiled), images, store, false);
  const AlignedMemory arena(static_cast<std::size_t>(program.arena_bytes()));
  program.bind(arena.data());
  const auto statistics = [&](auto&& act) {
    for (std::size_t i = 0; i < graph.parameters.size(); ++i) act(graph.parameters[i], static_cast<ParameterId>(i));
  };
  statistics([&](const Parameter& p, ParameterId id) {
    store.set_plain(id, random_floats(static_cast<std::size_t>(p.count()), static_cast<unsigned>(id), p.trainable ? -1.0F : 0.5F));
  });
  const Numbers input = random_floats(program.input().size(), 77);
  std::copy(input.begin(), input.end(), program.input().begin());
  program.forward();
  Outcome outcome{.output = Numbers(program.output().begin(), program.output().end()),
                  .input_gradient = {},
                  .gradients = {},
                  .statistics = {},
                  .arena_bytes = program.arena_bytes()};
  const Numbers gradient = random_floats(program.output_gradient().size(), 78);
  std::copy(gradient.begin(), gradient.end(), program.output_gradient().begin());
  program.backward();
  outcome.input_gradient.assign(program.input_gradient().begin(), program.input_gradient().end());
  outcome.gradients.assign(store.trainable_gradients(arena.data()).begin(), store.trainable_gradients(arena.data()).end());
  statistics([&](const Parameter& p, ParameterId id) {
    if (p.trainable) return;
    const Numbers values = store.plain(id);
    outcome.statistics.insert(outcome.statistics.end(), values.begin(), values.end());
  });
  return outcome;
}

/// The graph cut into runs of so many nodes, all of them computed again.
Graph in_runs_of(std::size_t nodes, Graph graph) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) graph.nodes[i].recomputed = static_cast<int>(i / nodes);
  return graph;
}

Graph without_runs(Graph graph) {
  for (Node& node : graph.nodes) node.recomputed = -1;
  return graph;
}

/// However the network is cut, a step gives the same bits.
void check_recomputation(const std::string& items, const Shape& input, const Setting& setting = {}) {
  const Graph graph = without_runs(prepare_for_training(network_of(items, input)));
  INFO(to_string(graph));
  const Outcome kept = train(graph, setting);
  CHECK(train(plan_recomputation(graph), setting) == kept);
  CHECK(train(plan_norm_recomputation(graph), setting) == kept);
  CHECK(train(plan_norm_recomputation(plan_recomputation(graph)), setting) == kept);
  CHECK(train(plan_sum_recomputation(graph), setting) == kept);
  CHECK(train(plan_sum_recomputation(plan_norm_recomputation(graph)), setting) == kept);
  for (std::size_t nodes = 1; nodes <= graph.nodes.size(); ++nodes) {
    INFO("runs of ", nodes);
    const Outcome recomputed = train(in_runs_of(nodes, graph), setting);
    CHECK(recomputed.output == kept.output);
    CHECK(recomputed.input_gradient == kept.input_gradient);
    CHECK(recomputed.gradients == kept.gradients);
    CHECK(recomputed.statistics == kept.statistics);
  }
}

const std::string residual_blocks = R"(
- conv: {out_channels: 16, kernel_size: 3, padding: 1, bias: false}
- batch_norm
- relu
- max_pool: {kernel_size: 2, stride: 2}
- residual:
    body:
      - conv: {out_channels: 16, kernel_size: 3, padding: 1, bias: false}
      - batch_norm
      - relu
      - conv: {out_channels: 16, kernel_size: 3, padding: 1, bias: false}
      - batch_norm
- relu
- residual:
    body:
      - conv: {out_channels: 32, kernel_size: 3, padding: 1, stride: 2, bias: false}
      - batch_norm
      - relu
      - dropout: {p: 0.3}
      - conv: {out_channels: 32, kernel_size: 3, padding: 1, bias: false}
      - batch_norm
- relu
- residual:
    body:
      - conv: {out_channels: 96, kernel_size: 1, bias: false}
      - batch_norm
      - relu6
      - conv: {out_channels: 96, kernel_size: 3, padding: 1, groups: 96, bias: false}
      - batch_norm
      - silu
      - conv: {out_channels: 32, kernel_size: 1, bias: false}
      - batch_norm
      - drop_path: {p: 0.3}
- global_avg_pool
- flatten
- linear: {out_features: 10}
)";

TEST_CASE("residual blocks with batch norm, dropout and drop_path give the same bits when they are computed again") {
  check_recomputation(residual_blocks, {3, 16, 16});
}

TEST_CASE("bottleneck blocks give the same bits when their sums are computed again") {
  const std::string bottleneck =
      "    body: [{conv: {out_channels: 16, kernel_size: 1, bias: false}}, batch_norm, relu, {conv: {out_channels: 64, kernel_size: 1}},\n"
      "           batch_norm]\n- relu\n";
  const std::string items = "- conv: {out_channels: 32, kernel_size: 3, padding: 1}\n- batch_norm\n- relu\n- residual:\n" + bottleneck +
                            "- residual:\n    repeat: 3\n" + bottleneck + "- conv: {out_channels: 16, kernel_size: 3, stride: 2}";
  check_recomputation(items, {3, 12, 12});
  const Graph graph = without_runs(prepare_for_training(network_of(items, {3, 12, 12})));
  CHECK(train(plan_sum_recomputation(graph), {}).arena_bytes < train(graph, {}).arena_bytes);
}

TEST_CASE("a chain without residual blocks gives the same bits when it is computed again") {
  check_recomputation(R"(
- conv: {out_channels: 8, kernel_size: 5, padding: 2}
- relu
- dropout: {p: 0.5}
- max_pool: {kernel_size: 3, stride: 2}
- sigmoid
- dropout: {p: 0.2}
- conv: {out_channels: 13, kernel_size: 3, padding: 1}
- batch_norm
- relu
- avg_pool: {kernel_size: 2}
- tanh
- flatten
- linear: {out_features: 12}
- batch_norm
- gelu
- dropout
- linear: {out_features: 5}
- softmax
)",
                      {2, 13, 12});
}

TEST_CASE("branches that are joined give the same bits when they are computed again") {
  check_recomputation(R"(
- conv: {name: early, out_channels: 12, kernel_size: 3, padding: 1}
- concat:
    branches:
      - []
      - - batch_norm
        - relu
        - conv: {out_channels: 8, kernel_size: 3, padding: 1}
      - - max_pool: {kernel_size: 3, stride: 1, padding: 1}
        - elu
- multiply:
    branches:
      - []
      - - adaptive_avg_pool: {output_size: 1}
        - conv: {out_channels: 32, kernel_size: 1}
        - relu
        - conv: {out_channels: 32, kernel_size: 1}
        - sigmoid
- conv: {name: late, out_channels: 12, kernel_size: 1}
- add: {from: [early, late]}
- relu
- multiply: {branches: [[], [tanh]]}
- adaptive_max_pool: {output_size: 2}
)",
                      {3, 9, 8});
}

TEST_CASE("the less common layers give the same bits when they are computed again") {
  check_recomputation(R"(
- conv: {out_channels: 16, kernel_size: 3, padding: 1}
- group_norm: {num_groups: 4}
- prelu
- lrn: {size: 5}
- pad: {padding: 1, mode: reflect}
- channel_shuffle: {groups: 4}
- slice: {begin: 3, end: 15}
- layer_norm
- hardswish
- layer_scale: {init: 0.5}
- maxout: {pool_size: 2}
- leaky_relu
- softplus
- adaptive_avg_pool: {output_size: 3}
- softmax
)",
                      {3, 8, 9});
}

TEST_CASE("moments that a convolution has taken for its norm give the same bits when they are computed again") {
  const WithThreads one(1);  // all threads must have as many images, or no moments are taken
  const std::string items = R"(
- conv: {out_channels: 24, kernel_size: 1, bias: false}
- batch_norm
- relu6
- conv: {out_channels: 24, kernel_size: 3, padding: 1, groups: 24, bias: false}
- batch_norm
- relu
- conv: {out_channels: 16, kernel_size: 1, bias: false}
- batch_norm
)";
  const Shape input{16, 6, 7};
  Setting setting{.images = 2, .known = Model(network_of(items, input), {.batch_size = 2}).choices()};
  int taken = 0;
  for (auto& [key, name] : setting.known) {
    if (key.find(", moments") != std::string::npos) ++taken;
    name = "pointwise";
  }
  CHECK(taken == 2);
  check_recomputation(items, input, setting);
}

TEST_CASE("a model that recomputes trains to the same parameters in less memory") {
  std::string items = "- conv: {out_channels: 16, kernel_size: 3, padding: 1}\n";
  for (int block = 0; block < 12; ++block)
    items +=
        "- residual: {body: [{conv: {out_channels: 16, kernel_size: 3, padding: 1}}, batch_norm, relu, {dropout: {p: 0.1}},\n"
        "                    {conv: {out_channels: 16, kernel_size: 3, padding: 1}}, batch_norm]}\n"
        "- relu\n";
  const Graph graph = network_of(items + "- global_avg_pool\n- flatten\n- linear: {out_features: 10}\n", {3, 16, 16});
  const auto trained = [&](bool recompute) {
    ModelOptions options;
    options.batch_size = 8;
    options.recompute = recompute;
    Model model(graph, options);
    randomize(model, 3);
    Program& program = model.training(options.batch_size);
    for (unsigned step = 0; step < 3; ++step) {
      const Numbers input = random_floats(program.input().size(), step);
      std::copy(input.begin(), input.end(), program.input().begin());
      program.forward();
      std::copy(program.output().begin(), program.output().end(), program.output_gradient().begin());
      program.backward();
      for (std::size_t i = 0; i < model.trainable_values().size(); ++i)
        model.trainable_values()[i] -= 1e-3F * model.trainable_gradients()[i];
      model.values_changed();
    }
    std::vector<Numbers> parameters;
    for (std::size_t i = 0; i < graph.parameters.size(); ++i) parameters.push_back(model.parameter(static_cast<ParameterId>(i)));
    return std::pair(parameters, program.arena_bytes());
  };
  const auto [kept, most] = trained(false);
  const auto [recomputed, less] = trained(true);
  CHECK(recomputed == kept);
  CHECK(less < most / 2);
}

}  // namespace
}  // namespace cnnctl
