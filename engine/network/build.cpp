#include "engine/network/build.h"

#include <cstdint>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "engine/graph/cost.h"
#include "engine/network/network_builder.h"
#include "engine/schema/schema.h"

namespace cnnctl {
namespace {

constexpr std::int64_t max_input_size = 65'535;
constexpr const char* input_hint = "write input: [channels, height, width], for grey images of 28 x 28 pixels input: [1, 28, 28]";

/// Reports a part of the config that is not there, at its empty value where it has at least a key.
void report_missing(const NetworkSource& source, const Value& part, std::string message, std::string hint, Diagnostics& diagnostics) {
  const bool has_key = part.place.source != nullptr;
  if (has_key || source.complete) diagnostics.error(has_key ? part.place : source.place, std::move(message), std::move(hint));
}

/// The shape of `input`; nothing, with the mistake in `diagnostics`, where it is missing or wrong.
std::optional<Shape> read_input(const NetworkSource& source, const Vars& vars, Diagnostics& diagnostics) {
  if (source.input.is_null()) {
    report_missing(source, source.input, "'input' is missing: the size of an image", input_hint, diagnostics);
    return std::nullopt;
  }
  Diagnostics found;
  const std::optional<Value> value = vars.substitute(source.input, found);
  diagnostics.add(found);
  if (!value && !found.has_errors()) diagnostics.error(source.input.place, "input cannot depend on in_channels, in_height or in_width");
  if (!value) return std::nullopt;
  if (!value->is_list() || value->items.size() != 3) {
    diagnostics.error(value->place, "input must be a list of three numbers", input_hint);
    return std::nullopt;
  }
  std::vector<std::int64_t> sizes;
  Argument argument;
  argument.name = "input";
  argument.range = between(1, static_cast<double>(max_input_size));
  if (!read_value(*value, argument, sizes, diagnostics)) return std::nullopt;
  return Shape{sizes[0], sizes[1], sizes[2]};
}

/// Whether the model is a list; else the mistake goes to `diagnostics`.
bool check_model(const Value& model, const NetworkSource& source, Diagnostics& diagnostics) {
  if (model.is_null()) {
    report_missing(source, source.model, "'model' is missing: the list of layers",
                   "write model: and below it an item a line, as - relu or - linear: {out_features: 10}", diagnostics);
    return false;
  }
  if (model.is_list()) return true;
  diagnostics.error(source.model.place, fmt::format("model must be a list of layers, not {}", describe(model)),
                    "begin every item with '- ', as - relu");
  return false;
}

/// A graph of the input alone; nothing, with the mistake in `diagnostics`, where the input is too large for one.
std::optional<Graph> graph_of(const NetworkSource& source, const Shape& input, Diagnostics& diagnostics) {
  try {
    return make_graph(source.name, input);
  } catch (const ShapeError& error) {
    diagnostics.error(source.input.place, error.what(), error.hint());
    return std::nullopt;
  }
}

/// Whether the multiply-accumulates of all layers can be counted, which every command does; else the mistake goes to `diagnostics`.
void check_cost(const Graph& graph, const Place& place, Diagnostics& diagnostics) {
  try {
    macs_per_image(graph);
  } catch (const ShapeError& error) {
    diagnostics.error(place, fmt::format("the network's multiply-accumulates are too many to count: {}", error.what()));
  }
}

}  // namespace

Graph build_network(const NetworkSource& source, Vars& vars, const Blocks& blocks, Diagnostics& diagnostics) {
  Diagnostics found;
  const std::optional<Shape> input = read_input(source, vars, found);
  vars.set_input(input);
  std::optional<Graph> graph = graph_of(source, input.value_or(Shape{}), found);
  const std::optional<Bound> model = resolve(source.model, vars.environment(), found);
  if (graph && model && check_model(*model->value, source, found)) {
    graph = NetworkBuilder(*std::move(graph), input.has_value(), vars.environment(), blocks, found).build(*model->value);
    if (!found.has_errors()) check_cost(*graph, source.model.place, found);
  }
  diagnostics.add(found);
  return graph ? *std::move(graph) : make_graph(source.name, {});
}

}  // namespace cnnctl
