#include "engine/graph/graph.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cnnctl {
namespace {

/// Whether dimensions multiply to more than max_elements; their product itself may not fit 63 bits.
bool too_many_elements(std::span<const std::int64_t> dims) {
  std::int64_t product = 1;
  for (const std::int64_t dim : dims) {
    if (dim == 0) return false;
    if (dim > max_elements / product) return true;
    product *= dim;
  }
  return false;
}

void check_elements(const Shape& shape) {
  if (too_many_elements(std::array{shape.channels, shape.height, shape.width}))
    throw ShapeError(fmt::format("{} has more than {} elements", to_string(shape), max_elements));
}

}  // namespace

std::int64_t Parameter::count() const {
  std::int64_t product = 1;
  for (const std::int64_t dim : dims) product = checked_product(product, dim);
  return product;
}

Graph make_graph(std::string name, const Shape& input) {
  check_elements(input);
  Graph graph;
  graph.name = std::move(name);
  graph.values.push_back(input);
  return graph;
}

ValueId add_node(Graph& graph, Op op, std::vector<ValueId> inputs, const Shape& output, std::vector<ParameterId> parameters,
                 LayerId layer) {
  check_elements(output);
  const auto value = static_cast<ValueId>(graph.values.size());
  graph.values.push_back(output);
  graph.nodes.push_back({std::move(op), std::move(inputs), value, std::move(parameters), layer});
  return value;
}

ParameterId add_parameter(Graph& graph, Parameter parameter) {
  if (too_many_elements(parameter.dims))
    throw ShapeError(
        fmt::format("the parameter {} of {} has more than {} elements", parameter.name, fmt::join(parameter.dims, "x"), max_elements));
  graph.parameters.push_back(std::move(parameter));
  return static_cast<ParameterId>(graph.parameters.size() - 1);
}

const Node* writer(const Graph& graph, ValueId value) { return value == 0 ? nullptr : &graph.nodes[index_of(value - 1)]; }

Node* writer(Graph& graph, ValueId value) { return value == 0 ? nullptr : &graph.nodes[index_of(value - 1)]; }

std::vector<int> count_readers(const Graph& graph) {
  std::vector<int> readers(graph.values.size(), 0);
  for (const Node& node : graph.nodes)
    for (const ValueId input : node.inputs) ++readers[static_cast<std::size_t>(input)];
  ++readers[static_cast<std::size_t>(graph.output)];
  return readers;
}

bool trains(const Graph& graph, const Node& node) {
  return std::any_of(node.parameters.begin(), node.parameters.end(),
                     [&](ParameterId id) { return graph.parameters[static_cast<std::size_t>(id)].trainable; });
}

std::vector<bool> find_gradients(const Graph& graph, bool of_input) {
  std::vector<bool> found(graph.values.size(), false);
  found[0] = of_input;
  for (const Node& node : graph.nodes) {
    const bool earlier =
        std::any_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return found[static_cast<std::size_t>(id)]; });
    found[static_cast<std::size_t>(node.output)] = trains(graph, node) || earlier;
  }
  return found;
}

bool gives_probabilities(const Graph& graph) {
  const Node* node = writer(graph, graph.output);
  while (node != nullptr && (std::holds_alternative<Flatten>(node->op) || std::holds_alternative<Dropout>(node->op)))
    node = writer(graph, node->inputs.front());
  return node != nullptr && std::holds_alternative<Softmax>(node->op);
}

std::vector<LayerId> unused_layers(const Graph& graph) {
  std::vector<bool> reached(graph.values.size(), false), used(graph.layers.size(), false), computes(graph.layers.size(), false);
  reached[static_cast<std::size_t>(graph.output)] = true;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    computes[static_cast<std::size_t>(node->layer)] = true;
    if (!reached[static_cast<std::size_t>(node->output)]) continue;
    used[static_cast<std::size_t>(node->layer)] = true;
    for (const ValueId input : node->inputs) reached[static_cast<std::size_t>(input)] = true;
  }
  std::vector<LayerId> unused;
  for (std::size_t i = 0; i < graph.layers.size(); ++i)
    if (computes[i] && !used[i]) unused.push_back(static_cast<LayerId>(i));
  return unused;
}

std::string to_string(const Graph& graph) {
  std::string text;
  for (const Node& node : graph.nodes)
    text += fmt::format("{}: {}({}) -> {}  {}\n", node.output, op_name(node.op), fmt::join(node.inputs, ", "),
                        to_string(graph.values[static_cast<std::size_t>(node.output)]),
                        graph.layers[static_cast<std::size_t>(node.layer)].name);
  return text;
}

}  // namespace cnnctl
