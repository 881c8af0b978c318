#include <doctest/doctest.h>

#include "tests/layers/build.h"

namespace cnnctl {
namespace {

TEST_CASE("layer_norm has a weight and a bias a channel, on maps and vectors") {
  for (const Shape& shape : {Shape{96, 7, 5}, vector_of(96)}) {
    const Graph graph = build_layer("layer_norm", "{eps: 0.000001}", shape);
    CHECK(op_name(graph.nodes.at(0).op) == "layer_norm");
    CHECK(graph.output_shape() == shape);
    CHECK(parameter_text(graph) ==
          "layer.weight 96 constant 1\n"
          "layer.bias 96 constant 0\n");
    CHECK(graph.layers.at(0).arguments == "eps 1e-06");
    CHECK(std::get<LayerNorm>(graph.nodes.at(0).op).epsilon == 1e-6F);
  }
  CHECK(build_layer("layer_norm", "", {4, 2, 2}).layers.at(0).arguments == "");
}

TEST_CASE("a norm that is not affine has no parameters") {
  CHECK(build_layer("layer_norm", "{affine: false}", {4, 2, 2}).parameters.empty());
  const Graph graph = build_layer("group_norm", "{num_groups: 2, affine: false}", {4, 2, 2});
  CHECK(graph.parameters.empty());
  CHECK(graph.layers.at(0).arguments == "groups 2, not affine");
}

TEST_CASE("group_norm's groups must divide its channels") {
  const Graph graph = build_layer("group_norm", "{num_groups: 8}", {32, 7, 7});
  CHECK(std::get<GroupNorm>(graph.nodes.at(0).op) == GroupNorm{8, 1e-5F, true});
  CHECK(graph.layers.at(0).parameters == 64);
  CHECK(shape_error("group_norm", "{num_groups: 3}", {16, 7, 7}) ==
        "group_norm's num_groups 3 must divide the 16 channels of its input 16x7x7");
  CHECK(argument_errors("group_norm", "{num_groups: 0}") != "");
  CHECK(argument_errors("group_norm", "") != "");
}

TEST_CASE("lrn's defaults are PyTorch's") {
  const Graph graph = build_layer("lrn", "{size: 5}", {96, 55, 55});
  CHECK(std::get<LocalResponseNorm>(graph.nodes.at(0).op) == LocalResponseNorm{5, 1e-4F, 0.75F, 1});
  CHECK(graph.layers.at(0).arguments == "size 5");
  CHECK(build_layer("lrn", "{size: 5, alpha: 0.001, beta: 0.5, k: 2}", {4, 2, 2}).layers.at(0).arguments ==
        "size 5, alpha 0.001, beta 0.5, k 2");
}

TEST_CASE("lrn's arguments are checked, and its input is a map") {
  CHECK(argument_errors("lrn", "") != "");
  CHECK(argument_errors("lrn", "{size: 0}") != "");
  CHECK(argument_errors("lrn", "{size: 5, k: 0}") != "");
  CHECK(shape_error("lrn", "{size: 5}", vector_of(8)) != "");
}

}  // namespace
}  // namespace cnnctl
