#include "engine/graph/freeze.h"

#include <doctest/doctest.h>

#include "engine/graph/passes/passes.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

const BatchNorm& norm_of(const Graph& graph) { return std::get<BatchNorm>(graph.nodes.at(0).op); }

TEST_CASE("a batch_norm is frozen as a whole where both weight and bias are") {
  Graph graph = Chain({3, 8, 8}).batch_norm().relu();
  freeze(graph, {"p0"});
  CHECK(graph.parameters[0].frozen);
  CHECK_FALSE(graph.parameters[0].trainable);
  CHECK(graph.parameters[1].trainable);
  CHECK_FALSE(norm_of(graph).frozen);
  freeze(graph, {"p*"});
  CHECK(graph.parameters[1].frozen);
  CHECK_FALSE(graph.parameters[2].frozen);  // a statistic is none that could be trained
  CHECK(norm_of(graph).frozen);
}

TEST_CASE("nothing is frozen by no pattern") {
  Graph graph = Chain({3, 8, 8}).batch_norm();
  freeze(graph, {});
  CHECK(graph.parameters[0].trainable);
  CHECK_FALSE(norm_of(graph).frozen);
}

TEST_CASE("passes leave a frozen batch_norm alone in training and know none in evaluation") {
  Graph graph = Chain({3, 8, 8}).batch_norm().relu();
  freeze(graph, {"*"});
  CHECK(prepare_for_training(graph).nodes.size() == 2);
  const Graph evaluation = prepare_for_evaluation(graph);
  CHECK(evaluation.nodes.size() == 1);
  CHECK_FALSE(norm_of(evaluation).frozen);
}

}  // namespace
}  // namespace cnnctl
