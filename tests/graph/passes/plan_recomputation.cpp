#include <doctest/doctest.h>

#include <set>

#include "engine/graph/cost.h"
#include "engine/graph/passes/passes.h"
#include "engine/graph/recomputation.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

std::vector<int> runs(const Graph& graph) {
  std::vector<int> result;
  for (const Node& node : graph.nodes) result.push_back(node.recomputed);
  return result;
}

/// A convolution, residual blocks of convolution, norm, relu, convolution, norm, sum, relu, and a mean.
Graph residual_network(int blocks) {
  Chain net({16, 32, 32});
  net.convolution(16);
  for (int block = 0; block < blocks; ++block) {
    const ValueId in = net.value();
    net.convolution(16).batch_norm().relu().convolution(16).batch_norm().plus(in).relu();
  }
  return net.adaptive_pool(1);
}

TEST_CASE("runs that are computed again begin and end between residual blocks, and the last ones are kept") {
  const Graph graph = prepare_for_training(residual_network(6), true);
  REQUIRE(graph.nodes.size() == 1 + 6 * 4 + 1);
  CHECK(runs(graph).front() >= 0);
  CHECK(runs(graph).back() == -1);
  const std::vector<bool> stays = values_that_stay(graph);
  for (std::size_t value = 1; value <= 1 + 5 * 4; ++value)
    if (stays[value]) CHECK(value % 4 == 1);  // the first convolution's and the sums
}

TEST_CASE("a chain without blocks is cut as well, into about as many runs as a run has nodes") {
  Chain net({16, 32, 32});
  for (int layer = 0; layer < 36; ++layer) net.convolution(16).relu();
  const std::vector<int> found = runs(plan_recomputation(net));
  const auto count = static_cast<int>(std::set<int>(found.begin(), found.end()).size());
  CHECK(count >= 4);
  CHECK(count <= 12);
}

TEST_CASE("runs are consecutive nodes") {
  const std::vector<int> found = runs(prepare_for_training(residual_network(9), true));
  std::set<int> seen{found.front()};
  for (std::size_t i = 1; i < found.size(); ++i)
    if (found[i] != found[i - 1]) CHECK((found[i] == -1 || seen.insert(found[i]).second));
}

TEST_CASE("memory to train grows with the root of the depth where activations are computed again, and evaluation's stays") {
  const auto growth = [](bool recompute) {
    const auto bytes = [&](int blocks) {
      const Graph graph = residual_network(blocks);
      return static_cast<double>(estimate_memory(graph, 64, recompute).train_bytes - 16 * parameter_count(graph));
    };
    return bytes(64) / bytes(4);
  };
  CHECK(growth(false) > 10);
  CHECK(growth(true) < 6);
  CHECK(estimate_memory(residual_network(8), 64, true).eval_bytes == estimate_memory(residual_network(8), 64).eval_bytes);
}

TEST_CASE("graphs of one value or one node are left as they are") {
  CHECK(plan_recomputation(make_graph("empty", {3, 4, 4})).nodes.empty());
  CHECK(runs(plan_recomputation(Chain({3, 4, 4}).convolution(2))) == std::vector<int>{-1});
}

TEST_CASE("a step that must not run again does not, and what is small beside a map is kept") {
  Graph graph = Chain({4, 8, 8}).convolution(4).batch_norm();
  for (Node& node : graph.nodes) node.recomputed = 0;
  // Buffers: input, the convolution's map, statistics, the norm's map, gradients.
  ProgramUses program;
  program.before = {0};
  program.forward = {{0, {0, 1}}, {1, {1, 2, 3}}, {1, {2}, true}};
  program.between = {3};
  program.backward = {{1, {1, 2, 4}}, {0, {0, 4}}};
  program.after = {3};
  program.outputs = {1, 3};
  program.bytes = {1024, 1024, 32, 1024, 1024};
  program.stays = {true, false, false, true, false};
  const Recomputation found = find_recomputation(graph, program);
  REQUIRE(found.replays.size() == 1);
  CHECK(found.replays[0].before == 0);
  CHECK(found.replays[0].steps == std::vector<std::size_t>{0});  // the convolution alone
  CHECK(found.renewed == std::vector<bool>{false, true, false, false, false});

  program.bytes[2] = 512;
  const Recomputation large = find_recomputation(graph, program);
  CHECK(large.replays[0].steps == std::vector<std::size_t>{0, 1});
  CHECK(large.renewed == std::vector<bool>{false, true, true, false, false});
}

TEST_CASE("a buffer that is renewed lives once in each pass") {
  Graph graph = Chain({4, 8, 8}).convolution(4).convolution(4);
  for (Node& node : graph.nodes) node.recomputed = 0;
  ProgramUses program;
  program.before = {0};
  program.forward = {{0, {0, 1}}, {1, {1, 2}}};
  program.between = {2, 3};
  program.backward = {{1, {1, 3, 4}}, {0, {0, 4}}};
  program.after = {2};
  program.outputs = {1, 2};
  program.bytes = {1024, 1024, 1024, 1024, 1024};
  program.stays = {true, false, true, false, false};
  const Lives lives = find_lives(program, find_recomputation(graph, program));
  // before, two steps, between, the replay, two steps, after
  REQUIRE(lives.first[1]);
  REQUIRE(lives.again[1]);
  CHECK(lives.first[1]->first == 1);
  CHECK(lives.first[1]->last == 2);
  CHECK(lives.again[1]->first == 4);
  CHECK(lives.again[1]->last == 5);
  CHECK(lives.first[2]->last == 7);
  CHECK_FALSE(lives.again[2]);
  CHECK(lives.first[0]->last == 6);
}

}  // namespace
}  // namespace cnnctl
