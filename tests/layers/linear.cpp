#include <doctest/doctest.h>

#include "tests/layers/build.h"

namespace cnnctl {
namespace {

TEST_CASE("linear's parameters and multiply-accumulates are PyTorch's") {
  const Graph graph = build_layer("linear", "{out_features: 10}", vector_of(1568));
  CHECK(to_string(graph) == "1: inner_product(0) -> 10  layer\n");
  CHECK(parameter_text(graph) ==
        "layer.weight 10x1568 uniform 0.0252538\n"
        "layer.bias 10 uniform 0.0252538\n");
  const Layer& layer = graph.layers.at(0);
  CHECK(layer.output == vector_of(10));
  CHECK(layer.arguments == "10");
  CHECK(layer.arithmetic == "1568*10 + 10 = 15690");
  CHECK(layer.parameters == 15690);
  CHECK(layer.macs == 15680);
}

TEST_CASE("linear without bias has a weight alone") {
  const Graph graph = build_layer("linear", "{out_features: 10, bias: false}", vector_of(16));
  CHECK(parameter_text(graph) == "layer.weight 10x16 uniform 0.25\n");
  CHECK(graph.layers.at(0).arguments == "10, no bias");
  CHECK(graph.layers.at(0).arithmetic == "16*10 = 160");
  CHECK_FALSE(std::get<InnerProduct>(graph.nodes.at(0).op).bias);
}

TEST_CASE("linear over a map is an error whose hint is a flatten, also where the map is one pixel") {
  CHECK(shape_error("linear", "{out_features: 10}", {32, 7, 7}) ==
        "linear needs a vector, but its input is a map 32x7x7 [put a flatten before it, or write over: channels to apply "
        "it to each pixel]");
  CHECK(shape_error("linear", "{out_features: 10}", {512, 1, 1}).starts_with("linear needs a vector, but its input is a map 512x1x1"));
}

TEST_CASE("linear over channels is a 1x1 convolution with linear's weight, and multiplies at each pixel") {
  const Graph graph = build_layer("linear", "{out_features: 384, over: channels}", {96, 14, 7});
  CHECK(to_string(graph) == "1: convolution(0) -> 384x14x7  layer\n");
  CHECK(parameter_text(graph) ==
        "layer.weight 384x96 uniform 0.102062\n"
        "layer.bias 384 uniform 0.102062\n");
  CHECK(graph.layers.at(0).arguments == "384, over channels");
  CHECK(graph.layers.at(0).arithmetic == "96*384 + 384 = 37248");
  CHECK(graph.layers.at(0).macs == 384 * 96 * 14 * 7);
}

TEST_CASE("linear over channels needs a map") {
  CHECK(shape_error("linear", "{out_features: 10, over: channels}", vector_of(16)) ==
        "linear over channels needs a map, but its input is a vector of 16 features [leave out over: channels]");
  CHECK(argument_errors("linear", "{out_features: 10, over: pixels}") != "");
}

TEST_CASE("linear's arguments are checked") {
  CHECK(argument_errors("linear", "") != "");
  CHECK(argument_errors("linear", "{out_features: 0}") != "");
  CHECK(argument_errors("linear", "{out_features: ten}") != "");
}

TEST_CASE("a weight that no memory could hold is an error") {
  CHECK(shape_error("linear", "{out_features: 4611686018427387904}", vector_of(1568)) != "");
  CHECK(shape_error("linear", "{out_features: 1000000000}", vector_of(10)) ==
        "the parameter layer.weight of 1000000000x10 has more than 2147483647 elements");
}

}  // namespace
}  // namespace cnnctl
