#include <doctest/doctest.h>

#include "tests/layers/build.h"

namespace cnnctl {
namespace {

TEST_CASE("flatten turns a map into a vector and shows the product") {
  const Graph graph = build_layer("flatten", "", {32, 7, 7});
  CHECK(to_string(graph) == "1: flatten(0) -> 1568  layer\n");
  CHECK(graph.output_shape() == vector_of(1568));
  CHECK(graph.layers.at(0).arithmetic == "32*7*7 = 1568");
}

TEST_CASE("flatten and identity leave a vector alone, with a row but no node") {
  for (const char* type : {"flatten", "identity"}) {
    const Graph graph = build_layer(type, "", vector_of(10));
    CHECK(graph.nodes.empty());
    CHECK(graph.output == 0);
    CHECK(graph.layers.at(0).type == type);
    CHECK(graph.layers.at(0).output == vector_of(10));
  }
}

TEST_CASE("identity leaves a map alone") {
  const Graph graph = build_layer("identity", "", {3, 4, 5});
  CHECK(graph.nodes.empty());
  CHECK(graph.layers.at(0).output == Shape{3, 4, 5});
}

TEST_CASE("dropout's probability is PyTorch's p") {
  CHECK(std::get<Dropout>(build_layer("dropout", "", {2, 3, 4}).nodes.at(0).op).probability == 0.5F);
  const Graph graph = build_layer("dropout", "{p: 0.2}", vector_of(10));
  CHECK(std::get<Dropout>(graph.nodes.at(0).op).probability == 0.2F);
  CHECK(graph.layers.at(0).arguments == "p 0.2");
  CHECK(argument_errors("dropout", "{p: 1.5}") != "");
  CHECK(argument_errors("dropout", "{p: -0.1}") != "");
}

TEST_CASE("drop_path is a dropout of whole images, whose p must be given") {
  const Graph graph = build_layer("drop_path", "{p: 0.2}", {2, 3, 4});
  CHECK(std::get<Dropout>(graph.nodes.at(0).op) == Dropout{0.2F, true});
  CHECK(graph.layers.at(0).arguments == "p 0.2");
  CHECK(argument_errors("drop_path", "{p: 1.5}") != "");
  CHECK(argument_errors("drop_path", "") != "");
}

TEST_CASE("pad adds its padding on each side, and what is said of one side in its place") {
  const Graph even = build_layer("pad", "{padding: [1, 2]}", {8, 5, 5});
  CHECK(to_string(even) == "1: pad(0) -> 8x7x9  layer\n");
  CHECK(even.layers.at(0).arguments == "1x2");
  CHECK(even.layers.at(0).arithmetic == "1 + 5 + 1 = 7; 2 + 5 + 2 = 9");
  const Graph uneven = build_layer("pad", "{padding: 1, top: 0, right: 3, mode: replicate}", {8, 5, 5});
  CHECK(std::get<Pad>(uneven.nodes.at(0).op) == Pad{Pad::Mode::replicate, 0, 1, 1, 3, 0});
  CHECK(uneven.output_shape() == Shape{8, 6, 9});
  CHECK(uneven.layers.at(0).arguments == "top 0, bottom 1, left 1, right 3, replicate");
  CHECK(build_layer("pad", "{bottom: 1, value: -2}", {8, 5, 5}).layers.at(0).arguments == "top 0, bottom 1, left 0, right 0, value -2");
}

TEST_CASE("pad's mistakes are errors that show both sizes") {
  CHECK(shape_error("pad", "", {8, 5, 5}) == "pad does not say where to add pixels [give padding, or some of top, bottom, left and right]");
  CHECK(shape_error("pad", "{padding: 1, value: 2, mode: reflect}", {8, 5, 5}) ==
        "pad's value 2 has no use in mode reflect [use mode: constant]");
  CHECK(shape_error("pad", "{padding: 2, left: 5, mode: reflect}", {8, 5, 5}) ==
        "pad cannot mirror 2 pixels above, 2 below, 5 left and 2 right out of its input 8x5x5 [in mode reflect, add less than the input's "
        "size]");
  CHECK(shape_error("pad", "{padding: 9223372036854775807}", {8, 5, 5}) != "");
  CHECK(shape_error("pad", "{padding: 1}", vector_of(8)) != "");
  CHECK(argument_errors("pad", "{padding: -1}") != "");
  CHECK(argument_errors("pad", "{top: -1}") != "");
  CHECK(argument_errors("pad", "{padding: 1, mode: circular}") != "");
}

TEST_CASE("slice takes a run of channels, by default up to the last") {
  const Graph graph = build_layer("slice", "{begin: 58}", {116, 28, 14});
  CHECK(to_string(graph) == "1: slice(0) -> 58x28x14  layer\n");
  CHECK(std::get<Slice>(graph.nodes.at(0).op) == Slice{58, 116});
  CHECK(graph.layers.at(0).arguments == "58 to 116");
  CHECK(graph.layers.at(0).arithmetic == "116 - 58 = 58");
  CHECK(build_layer("slice", "{end: 3}", vector_of(8)).output_shape() == vector_of(3));
}

TEST_CASE("a slice beyond its input's channels, or of none, is an error") {
  CHECK(shape_error("slice", "{begin: 8, end: 20}", {16, 7, 7}) == "slice takes channels 8 to 20, but its input 16x7x7 has 16");
  CHECK(shape_error("slice", "{begin: 16}", {16, 7, 7}) == "slice takes channels 16 to 16, but its input 16x7x7 has 16");
  CHECK(shape_error("slice", "{begin: 4, end: 4}", {16, 7, 7}) == "slice's begin 4 must be less than its end 4");
  CHECK(argument_errors("slice", "{begin: -1}") != "");
}

TEST_CASE("channel_shuffle's groups must divide its channels") {
  const Graph graph = build_layer("channel_shuffle", "{groups: 2}", {116, 28, 28});
  CHECK(to_string(graph) == "1: channel_shuffle(0) -> 116x28x28  layer\n");
  CHECK(graph.layers.at(0).arguments == "groups 2");
  CHECK(shape_error("channel_shuffle", "{groups: 3}", {116, 28, 28}) ==
        "channel_shuffle's groups 3 must divide the 116 channels of its input 116x28x28");
  CHECK(shape_error("channel_shuffle", "{groups: 2}", vector_of(8)) != "");
}

}  // namespace
}  // namespace cnnctl
