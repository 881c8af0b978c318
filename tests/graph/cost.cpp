#include "engine/graph/cost.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

TEST_CASE("only trainable parameters are counted") {
  const Graph graph = Chain({3, 8, 8}).convolution(16).batch_norm();
  CHECK(parameter_count(graph) == 16 * 3 * 3 * 3 + 16 + 2 * 16);
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

}  // namespace
}  // namespace cnnctl
