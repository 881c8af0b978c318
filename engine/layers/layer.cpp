#include "engine/layers/layer.h"

#include <utility>

namespace cnnctl {

LayerBuilder::LayerBuilder(Graph& graph, ValueId input, std::string name, std::string type, GroupId group)
    : graph_(graph),
      input_(graph.values[static_cast<std::size_t>(input)]),
      current_(input),
      layer_(static_cast<LayerId>(graph.layers.size())) {
  Layer layer;
  layer.name = std::move(name);
  layer.type = std::move(type);
  layer.group = group;
  graph_.layers.push_back(std::move(layer));
}

const Shape& LayerBuilder::input() const { return input_; }

const std::string& LayerBuilder::type() const { return graph_.layers[static_cast<std::size_t>(layer_)].type; }

Layer& LayerBuilder::row() { return graph_.layers[static_cast<std::size_t>(layer_)]; }

ParameterId LayerBuilder::parameter(const std::string& suffix, std::vector<std::int64_t> dims, Initializer initializer, bool trainable) {
  std::string name = suffix.empty() ? row().name : row().name + "." + suffix;
  const ParameterId id = add_parameter(graph_, {std::move(name), std::move(dims), initializer, trainable});
  if (trainable) row().parameters += graph_.parameters.back().count();
  return id;
}

void LayerBuilder::apply(Op op, const Shape& output, std::vector<ParameterId> parameters) {
  current_ = add_node(graph_, std::move(op), {current_}, output, std::move(parameters), layer_);
}

void LayerBuilder::describe(std::string arguments) { row().arguments = std::move(arguments); }

void LayerBuilder::arithmetic(std::string text) { row().arithmetic = std::move(text); }

void LayerBuilder::macs(std::int64_t count) { row().macs = count; }

ValueId LayerBuilder::finish() {
  row().output = graph_.values[static_cast<std::size_t>(current_)];
  return current_;
}

}  // namespace cnnctl
