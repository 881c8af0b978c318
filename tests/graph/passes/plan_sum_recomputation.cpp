#include <doctest/doctest.h>

#include <vector>

#include "engine/graph/cost.h"
#include "engine/graph/passes/passes.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

/// Bottleneck blocks of two 1x1 convolutions, each with its sum joined to a norm, behind a map of 64 channels: nodes 0 and 1 and three a
/// block, the last of them the sum.
Chain bottlenecks(int blocks, std::int64_t narrow = 16) {
  Chain net({3, 16, 16});
  net.convolution(64, 1).relu();
  for (int block = 0; block < blocks; ++block) {
    const ValueId sum = net.value();
    net.convolution(narrow, 1).convolution(64, 1).batch_norm().plus(sum).relu();
  }
  return net;
}

Graph joined(const Graph& graph) { return fuse_norm_residual(fuse_binary_relu(graph)); }

std::vector<int> runs(const Graph& graph) {
  std::vector<int> result;
  for (const Node& node : plan_sum_recomputation(graph).nodes) result.push_back(node.recomputed);
  return result;
}

std::vector<int> none(const Graph& graph) { return std::vector<int>(graph.nodes.size(), -1); }

TEST_CASE("of bottlenecks' sums in a row every second one is computed again, beside its readers") {
  // The first sum is read by the second block's convolution and sum, which is kept; the third by what is behind the blocks.
  CHECK(runs(joined(bottlenecks(3).convolution(16, 1))) == std::vector<int>{-1, -1, -1, -1, 0, 0, -1, 0, -1, -1, 1, 1});
  CHECK(runs(joined(bottlenecks(4))) == std::vector<int>{-1, -1, -1, -1, 0, 0, -1, 0, -1, -1, 1, 1, -1, 1});
}

TEST_CASE("a sum whose other part is not kept, or that is the result, is kept") {
  Chain net({3, 16, 16});
  const ValueId shortcut = net.convolution(64, 1).batch_norm().value();
  net.convolution(64, 1).batch_norm().plus(shortcut).relu().convolution(16, 1);
  CHECK(runs(joined(net))[4] == 0);  // the other part is the third node's input
  Chain projected({3, 16, 16});
  const ValueId norm = projected.convolution(64, 1).batch_norm().value();
  projected.from(0).convolution(64, 1).batch_norm().plus(norm).relu().convolution(16, 1);
  CHECK(runs(joined(projected)) == none(joined(projected)));
  CHECK(runs(joined(bottlenecks(1))) == none(joined(bottlenecks(1))));
}

TEST_CASE("a sum that no bottleneck begins with, or that other layers read, is kept") {
  const Graph wide = joined(bottlenecks(3, 32).convolution(32, 1));
  CHECK(runs(wide) == none(wide));
  const Graph pooled = joined(bottlenecks(1).max_pool(2).convolution(16, 1));
  CHECK(runs(pooled) == none(pooled));
}

TEST_CASE("nodes that other runs hold stay in them") {
  Graph graph = joined(bottlenecks(2).convolution(16, 1));
  graph.nodes[5].recomputed = 7;  // it reads the first sum
  CHECK(runs(graph) == std::vector<int>{-1, -1, -1, -1, -1, 7, -1, 8, 8});
}

TEST_CASE("training keeps one map less for every second bottleneck") {
  const auto bytes = [](std::int64_t narrow) {
    const Graph graph = bottlenecks(8, narrow).adaptive_pool(1);
    return estimate_memory(graph, 8).train_bytes;
  };
  constexpr std::int64_t map = 8 * std::int64_t{64} * 16 * 16 * 4;
  // A narrower map of each block is smaller by a sixteenth.
  CHECK(bytes(17) - bytes(16) >= 3 * map);
}

}  // namespace
}  // namespace cnnctl
