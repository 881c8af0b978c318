#include "engine/graph/cost.h"

#include <doctest/doctest.h>

#include <limits>

#include "engine/graph/freeze.h"
#include "engine/graph/passes/passes.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

TEST_CASE("only trainable parameters are counted") {
  const Graph graph = Chain({3, 8, 8}).convolution(16).batch_norm();
  CHECK(parameter_count(graph) == 16 * 3 * 3 * 3 + 16 + 2 * 16);
}

TEST_CASE("what is frozen counts as a parameter, but needs no gradient and no moments") {
  Graph graph = Chain({3, 8, 8}).convolution(16).batch_norm();
  const std::int64_t parameters = parameter_count(graph), bytes = estimate_memory(graph, 1).train_bytes;
  freeze(graph, {"p0", "p1"});
  CHECK(parameter_count(graph) == parameters);
  CHECK(frozen_count(graph) == 16 * 3 * 3 * 3 + 16);
  CHECK(estimate_memory(graph, 1).train_bytes <= bytes - 12 * frozen_count(graph));
}

TEST_CASE("a convolution's multiply-accumulates are its outputs times its filter's weights") {
  Convolution op;
  op.out_channels = 64;
  op.vertical = {7, 2, 3, 3, 1};
  op.horizontal = {5, 2, 2, 2, 1};
  CHECK(convolution_macs({32, 224, 224}, {64, 112, 112}, op) == std::int64_t{64} * 112 * 112 * 32 * 7 * 5);
  op.groups = 32;
  CHECK(convolution_macs({32, 224, 224}, {64, 112, 112}, op) == std::int64_t{64} * 112 * 112 * 7 * 5);
}

TEST_CASE("a network's multiply-accumulates are the sum of its layers'") {
  Graph graph = make_graph("net", {1, 1, 1});
  graph.layers.resize(3);
  graph.layers[0].macs = 100;
  graph.layers[2].macs = 23;
  CHECK(macs_per_image(graph) == 123);
  graph.layers[1].macs = std::numeric_limits<std::int64_t>::max();
  CHECK_THROWS_AS(macs_per_image(graph), ShapeError);
}

TEST_CASE("evaluation keeps weights with a norm folded in, and those at Winograd's points, beside the parameters") {
  const auto bytes = [](const Graph& graph) { return evaluation_weight_bytes(prepare_for_evaluation(graph)); };
  CHECK(bytes(Chain({4, 8, 8}).convolution(4).relu()) == 0);
  CHECK(bytes(Chain({4, 8, 8}).convolution(4).batch_norm()) == (4 * 4 * 3 * 3 + 4) * 4);
  CHECK(bytes(Chain({8, 8, 8}).convolution(16)) == 36 * 8 * 16 * 4);
  CHECK(bytes(Chain({8, 8, 8}).convolution(16, 5)) == 36 * 8 * 16 * 4);
  CHECK(bytes(Chain({8, 8, 8}).convolution(16).batch_norm()) == 36 * 8 * 16 * 4 + (8 * 16 * 3 * 3 + 16) * 4);
  for (const Graph& none : {Graph(Chain({8, 8, 8}).convolution(16, 1)), Graph(Chain({8, 8, 8}).convolution(16, 3, 2)),
                            Graph(Chain({128, 8, 8}).convolution(136))})
    CHECK(bytes(none) == 0);
}

}  // namespace
}  // namespace cnnctl
