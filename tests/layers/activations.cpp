#include <doctest/doctest.h>

#include "tests/layers/build.h"

namespace cnnctl {
namespace {

Eltwise eltwise(const std::string& type, const std::string& arguments) {
  return std::get<Eltwise>(build_layer(type, arguments, {2, 3, 4}).nodes.at(0).op);
}

TEST_CASE("activations are element-wise functions with PyTorch's defaults") {
  CHECK(eltwise("relu", "") == Eltwise{Eltwise::Function::relu, 0});
  CHECK(eltwise("sigmoid", "") == Eltwise{Eltwise::Function::sigmoid, 0});
  CHECK(eltwise("tanh", "") == Eltwise{Eltwise::Function::tanh, 0});
  CHECK(eltwise("leaky_relu", "") == Eltwise{Eltwise::Function::leaky_relu, 0.01F});
  CHECK(eltwise("elu", "") == Eltwise{Eltwise::Function::elu, 1});
  CHECK(eltwise("leaky_relu", "{negative_slope: 0.2}") == Eltwise{Eltwise::Function::leaky_relu, 0.2F});
  CHECK(eltwise("elu", "{alpha: 0.5}") == Eltwise{Eltwise::Function::elu, 0.5F});
}

TEST_CASE("activations and softmax keep maps and vectors as they are and have no parameters") {
  for (const char* type : {"relu", "sigmoid", "tanh", "leaky_relu", "elu", "softmax", "dropout"})
    for (const Shape& shape : {Shape{2, 3, 4}, vector_of(24)}) {
      const Graph graph = build_layer(type, "", shape);
      CHECK(graph.output_shape() == shape);
      CHECK(graph.nodes.size() == 1);
      CHECK(graph.parameters.empty());
      CHECK(graph.layers.at(0).arguments == "");
      CHECK(graph.layers.at(0).arithmetic == "");
    }
}

TEST_CASE("an activation's arguments are told where they differ from the defaults") {
  CHECK(build_layer("leaky_relu", "{negative_slope: 0.2}", {2, 3, 4}).layers.at(0).arguments == "negative_slope 0.2");
  CHECK(build_layer("leaky_relu", "{negative_slope: 0.01}", {2, 3, 4}).layers.at(0).arguments == "");
  CHECK(build_layer("elu", "{alpha: 0.5}", {2, 3, 4}).layers.at(0).arguments == "alpha 0.5");
}

TEST_CASE("an activation's arguments are checked") {
  CHECK(argument_errors("relu", "{inplace: true}") != "");
  CHECK(argument_errors("leaky_relu", "{negative_slope: steep}") != "");
  CHECK(argument_errors("elu", "{alpha: true}") != "");
}

TEST_CASE("softmax is an op of its own") {
  CHECK(std::holds_alternative<Softmax>(build_layer("softmax", "", vector_of(10)).nodes.at(0).op));
}

}  // namespace
}  // namespace cnnctl
