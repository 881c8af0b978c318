#include "tests/layers/build.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

#include "engine/config/parse.h"
#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

std::function<void(LayerBuilder&)> read_layer(const std::string& type, const std::string& arguments, Diagnostics& diagnostics) {
  const LayerType* layer = find_layer_type(type);
  if (layer == nullptr) throw std::logic_error("no layer is called " + type);
  const auto source = std::make_shared<const Source>(Source{"test.yaml", arguments});
  const Value value = arguments.empty() ? Value{} : parse_yaml(source, diagnostics);
  return layer->read(value, value.place, diagnostics);
}

std::string messages(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) text += diagnostic.message + "\n";
  return text;
}

}  // namespace

Graph build_layer(const std::string& type, const std::string& arguments, const Shape& input) {
  Diagnostics diagnostics;
  const auto build = read_layer(type, arguments, diagnostics);
  if (!build) throw std::logic_error(messages(diagnostics));
  Graph graph = make_graph("test", input);
  LayerBuilder builder(graph, 0, "layer", type);
  build(builder);
  graph.output = builder.finish();
  return graph;
}

std::string argument_errors(const std::string& type, const std::string& arguments) {
  Diagnostics diagnostics;
  read_layer(type, arguments, diagnostics);
  return messages(diagnostics);
}

std::string shape_error(const std::string& type, const std::string& arguments, const Shape& input) {
  try {
    build_layer(type, arguments, input);
  } catch (const ShapeError& error) {
    return error.hint().empty() ? error.what() : fmt::format("{} [{}]", error.what(), error.hint());
  }
  return "";
}

std::string parameter_text(const Graph& graph) {
  std::string text;
  for (const Parameter& parameter : graph.parameters) {
    const bool uniform = parameter.initializer.kind == Initializer::Kind::uniform;
    text += fmt::format("{} {} {} {:.6g}{}\n", parameter.name, fmt::join(parameter.dims, "x"), uniform ? "uniform" : "constant",
                        parameter.initializer.value, parameter.trainable ? "" : " fixed");
  }
  return text;
}

}  // namespace cnnctl
