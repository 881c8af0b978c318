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

}  // namespace
}  // namespace cnnctl
