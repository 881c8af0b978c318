#include <doctest/doctest.h>

#include <variant>
#include <vector>

#include "engine/graph/cost.h"
#include "engine/graph/passes/passes.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

std::vector<int> runs(const Graph& graph) {
  std::vector<int> result;
  for (const Node& node : plan_norm_recomputation(graph).nodes) result.push_back(node.recomputed);
  return result;
}

TEST_CASE("a norm between two convolutions is computed again beside the one that reads it") {
  CHECK(runs(Chain({3, 8, 8}).convolution(4).batch_norm().convolution(4)) == std::vector<int>{-1, 0, 0});
  CHECK(runs(Chain({3, 8, 8}).batch_norm().convolution(4).batch_norm().convolution(4)) == std::vector<int>{0, 0, 1, 1});
}

TEST_CASE("a norm that something else reads is kept") {
  CHECK(runs(Chain({3, 8, 8}).convolution(4).batch_norm().relu().convolution(4)) == std::vector<int>(4, -1));
  CHECK(runs(Chain({3, 8, 8}).convolution(4).batch_norm()) == std::vector<int>{-1, -1});
  Chain twice({3, 8, 8});
  const ValueId norm = twice.convolution(4).batch_norm().value();
  CHECK(runs(twice.convolution(4).plus(norm)) == std::vector<int>(4, -1));
}

TEST_CASE("a norm whose result is kept for no gradient, or that is frozen, is not computed again") {
  Graph graph = Chain({3, 8, 8}).convolution(4).batch_norm().convolution(4);
  Graph frozen_weights = graph;
  for (const ParameterId id : graph.nodes.back().parameters) {
    frozen_weights.parameters[index_of(id)].frozen = true;
    frozen_weights.parameters[index_of(id)].trainable = false;
  }
  CHECK(runs(frozen_weights) == std::vector<int>(3, -1));
  std::get<BatchNorm>(graph.nodes[1].op).frozen = true;
  CHECK(runs(graph) == std::vector<int>(3, -1));
}

TEST_CASE("nodes that other runs hold stay in them") {
  Graph graph = Chain({3, 8, 8}).convolution(4).batch_norm().convolution(4).batch_norm().convolution(4);
  graph.nodes[0].recomputed = graph.nodes[1].recomputed = 5;
  CHECK(runs(graph) == std::vector<int>{5, 5, -1, 6, 6});
}

TEST_CASE("training keeps one map a block less for each norm between two convolutions") {
  const auto bytes = [](bool norm_is_read_twice) {
    Chain net({16, 32, 32});
    for (int block = 0; block < 8; ++block) {
      const ValueId norm = net.convolution(16).batch_norm().value();
      net.convolution(16);
      if (norm_is_read_twice) net.plus(norm);
    }
    return estimate_memory(net.adaptive_pool(1), 8).train_bytes;
  };
  const std::int64_t map = 8 * std::int64_t{16} * 32 * 32 * 4;
  CHECK(bytes(true) - bytes(false) >= 7 * map);
}

}  // namespace
}  // namespace cnnctl
