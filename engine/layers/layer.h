#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/schema/schema.h"

namespace cnnctl {

/// What a layer gets to build itself with: its input's shape, and a graph to add nodes and parameters to. One per layer of a config.
///
/// A layer's contract: it reads `input()`, adds its parameters under PyTorch's short names in PyTorch's order, adds its nodes, and leaves
/// the last one's value as the layer's output. It throws ShapeError where its arguments do not fit the input. It knows nothing of YAML,
/// names or places.
class LayerBuilder {
 public:
  /// Builds into `graph`, from `input`, a layer called `name` ("layer1.0") of type `type`.
  LayerBuilder(Graph& graph, ValueId input, std::string name, std::string type, GroupId group = -1);

  const Shape& input() const;
  /// "conv", for messages.
  const std::string& type() const;

  /// Adds the parameter `name`.`suffix`, or `name` itself where the suffix is empty; `dims` as PyTorch's.
  ParameterId parameter(const std::string& suffix, std::vector<std::int64_t> dims, Initializer initializer, bool trainable = true);

  /// Applies `op` to the current value (at first the input); its result is the current value from then on.
  void apply(Op op, const Shape& output, std::vector<ParameterId> parameters = {});

  /// For tables: the arguments in short, the arithmetic of the output's size, the multiply-accumulates per image.
  void describe(std::string arguments);
  void arithmetic(std::string text);
  void macs(std::int64_t count);

  /// Closes the layer's row in Graph::layers; returns the layer's output.
  ValueId finish();

 private:
  Layer& row();

  Graph& graph_;
  Shape input_;
  ValueId current_;
  LayerId layer_;
};

/// One line of the table of layers.
struct LayerType {
  const Declaration* declaration = nullptr;
  /// Reads the arguments (null or a map); mistakes go to the diagnostics. What it returns builds the layer, and is empty where there were
  /// mistakes.
  std::function<std::function<void(LayerBuilder&)>(const Value& arguments, const Place& place, Diagnostics&)> read;
};

/// The line for a layer whose arguments are `schema`'s T. `schema` must outlive it.
template <class T>
LayerType layer_type(const Schema<T>& schema, void (*build)(const T&, LayerBuilder&)) {
  return {&schema.declaration(),
          [&schema, build](const Value& arguments, const Place& place, Diagnostics& diagnostics) -> std::function<void(LayerBuilder&)> {
            auto read = schema.read(arguments, place, diagnostics);
            if (!read) return nullptr;
            return [read = *read, build](LayerBuilder& layer) { build(read, layer); };
          }};
}

/// Every layer, in the order in which the documentation lists them. The list stands in table.cpp.
const std::vector<LayerType>& layer_types();

/// The layer called `name`, or nullptr.
const LayerType* find_layer_type(std::string_view name);

}  // namespace cnnctl
