#include <doctest/doctest.h>

#include <set>

#include "engine/layers/layer.h"
#include "tests/layers/build.h"

namespace cnnctl {
namespace {

TEST_CASE("every layer is found by its name, is documented, and no name comes twice") {
  std::set<std::string> names;
  for (const LayerType& type : layer_types()) {
    const Declaration& declaration = *type.declaration;
    CAPTURE(declaration.name);
    CHECK(find_layer_type(declaration.name) == &type);
    CHECK(names.insert(declaration.name).second);
    CHECK(declaration.summary.ends_with("."));
    CHECK((declaration.source.starts_with("torch") || declaration.summary.ends_with(").")));
    for (const Argument& argument : declaration.arguments) CHECK_FALSE(argument.help.empty());
  }
  CHECK(names.size() == 35);
}

TEST_CASE("an unknown layer is not found") {
  CHECK(find_layer_type("conv2d") == nullptr);
  CHECK(find_layer_type("") == nullptr);
}

TEST_CASE("layers built one after another share a graph and name their own parameters") {
  Graph graph = make_graph("net", {1, 28, 28});
  Diagnostics diagnostics;
  for (const char* type : {"batch_norm", "relu", "batch_norm"}) {
    LayerBuilder builder(graph, graph.output, std::string("features.") + std::to_string(graph.layers.size()), type);
    find_layer_type(type)->read({}, {}, diagnostics)(builder);
    graph.output = builder.finish();
  }
  CHECK(to_string(graph) ==
        "1: batch_norm(0) -> 1x28x28  features.0\n"
        "2: relu(1) -> 1x28x28  features.1\n"
        "3: batch_norm(2) -> 1x28x28  features.2\n");
  CHECK(graph.parameters.at(4).name == "features.2.weight");
  CHECK(graph.nodes.at(2).parameters == std::vector<ParameterId>{4, 5, 6, 7});
  CHECK(graph.layers.at(2).parameters == 2);
}

TEST_CASE("a builder tells a layer its input and its type") {
  Graph graph = make_graph("net", {1, 28, 28});
  LayerBuilder builder(graph, 0, "0", "flatten");
  CHECK(builder.type() == "flatten");
  builder.apply(Flatten{}, vector_of(784));
  CHECK(builder.input() == Shape{1, 28, 28});
}

}  // namespace
}  // namespace cnnctl
