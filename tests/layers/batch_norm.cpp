#include <doctest/doctest.h>

#include "tests/layers/build.h"

namespace cnnctl {
namespace {

TEST_CASE("batch_norm has PyTorch's parameters, of which the running ones are not trained") {
  const Graph graph = build_layer("batch_norm", "", {16, 28, 28});
  CHECK(to_string(graph) == "1: batch_norm(0) -> 16x28x28  layer\n");
  CHECK(parameter_text(graph) ==
        "layer.weight 16 constant 1\n"
        "layer.bias 16 constant 0\n"
        "layer.running_mean 16 constant 0 fixed\n"
        "layer.running_var 16 constant 1 fixed\n");
  CHECK(graph.nodes.at(0).parameters == std::vector<ParameterId>{0, 1, 2, 3});
  CHECK(std::get<BatchNorm>(graph.nodes.at(0).op) == BatchNorm{1e-5F, 0.1F, true, false, {}, {}});
  CHECK(graph.layers.at(0).arguments == "");
  CHECK(graph.layers.at(0).parameters == 32);
  CHECK(graph.layers.at(0).macs == 0);
}

TEST_CASE("batch_norm that is not affine has its running statistics alone") {
  const Graph graph = build_layer("batch_norm", "{eps: 0.001, momentum: 0.01, affine: false}", {4, 2, 2});
  CHECK(parameter_text(graph) ==
        "layer.running_mean 4 constant 0 fixed\n"
        "layer.running_var 4 constant 1 fixed\n");
  CHECK(std::get<BatchNorm>(graph.nodes.at(0).op) == BatchNorm{0.001F, 0.01F, false, false, {}, {}});
  CHECK(graph.layers.at(0).arguments == "eps 0.001, momentum 0.01, not affine");
  CHECK(graph.layers.at(0).parameters == 0);
}

TEST_CASE("batch_norm works on a vector, with a channel a feature") {
  const Graph graph = build_layer("batch_norm", "", vector_of(100));
  CHECK(graph.output_shape() == vector_of(100));
  CHECK(graph.layers.at(0).parameters == 200);
}

TEST_CASE("batch_norm's arguments are checked") {
  CHECK(argument_errors("batch_norm", "{eps: -1}") != "");
  CHECK(argument_errors("batch_norm", "{momentum: 2}") != "");
  CHECK(argument_errors("batch_norm", "{num_features: 16}") != "");
}

}  // namespace
}  // namespace cnnctl
