#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/op.h"
#include "engine/graph/shape.h"

namespace cnnctl {

/// How a parameter starts: a constant, or uniform in [-bound, bound).
struct Initializer {
  enum class Kind { constant, uniform };
  Kind kind = Kind::constant;
  double value = 0;  // the constant, or the bound

  friend bool operator==(const Initializer&, const Initializer&) = default;
};

/// A tensor that belongs to the network: a weight that is trained, or (not `trainable`) a running statistic or a weight that is `frozen`.
/// Dimensions and name as PyTorch's.
struct Parameter {
  std::string name;  // "layer1.0.weight"
  std::vector<std::int64_t> dims;
  Initializer initializer;
  bool trainable = true;
  bool frozen = false;

  std::int64_t count() const;
};

/// Indices into Graph::values, Graph::parameters, Graph::layers and Graph::groups.
using ValueId = int;
using ParameterId = int;
using LayerId = int;
using GroupId = int;

/// An id as an index of a vector.
inline std::size_t index_of(int id) { return static_cast<std::size_t>(id); }

/// One Op applied to values. Writes exactly one value.
struct Node {
  Op op;
  std::vector<ValueId> inputs;
  ValueId output = 0;
  std::vector<ParameterId> parameters;
  LayerId layer = 0;
  int recomputed = -1;  // by passes/plan_*recomputation: the run of nodes, with it, that training computes again in its backward; -1: none
};

/// A layer as the user wrote it, for tables: what shape-check prints. Nodes refer to it; a layer may have no node (identity).
struct Layer {
  std::string name;       // "layer1.0"
  std::string type;       // "conv"
  std::string arguments;  // "16, kernel 5x5, padding 2x2": the ones that differ from the defaults
  Shape output;
  std::string arithmetic;       // "(28 - 5 + 2*2) / 1 + 1 = 28", or ""
  std::int64_t parameters = 0;  // elements of trainable parameters
  std::int64_t macs = 0;        // multiply-accumulates per image, of convolutions and linear layers
  GroupId group = -1;           // the innermost one around it
};

/// A level of the network's structure as the user wrote it, for tables: a group, a block's instance, a branching item or one of its
/// branches.
struct Group {
  std::string name;         // "layer2.0"; a branch has its item's
  std::string label;        // what it is called where it stands: "layer2", "0", and a branch "body", "shortcut" or "branch 1"
  std::string type;         // "group", the block's name, "residual", "concat", "add", "multiply", or "branch"
  GroupId parent = -1;      // the one around it; it stands earlier in Graph::groups
  LayerId first_layer = 0;  // the first layer in it, or, where there is none, the one that follows
};

/// A network as data: values (edges), nodes in an order in which every value is written before it is read, parameters, and the layers they
/// came from. Value 0 is the input. Every value has one writer and any number of readers.
struct Graph {
  std::string name;
  std::vector<Shape> values;
  std::vector<Node> nodes;
  std::vector<Parameter> parameters;
  std::vector<Layer> layers;
  std::vector<Group> groups;
  ValueId output = 0;

  const Shape& input_shape() const { return values.front(); }
  const Shape& output_shape() const { return values[static_cast<std::size_t>(output)]; }
};

/// A graph of an input and nothing else; its output is the input. Throws ShapeError where the input has more than max_elements.
Graph make_graph(std::string name, const Shape& input);

/// Adds a value and the node that writes it; returns the value. Throws ShapeError where it has more than max_elements.
ValueId add_node(Graph& graph, Op op, std::vector<ValueId> inputs, const Shape& output, std::vector<ParameterId> parameters, LayerId layer);

/// Adds a parameter; returns it. Throws ShapeError where it has more than max_elements.
ParameterId add_parameter(Graph& graph, Parameter parameter);

/// The node that writes a value: node i writes value i + 1; nullptr for the input.
const Node* writer(const Graph& graph, ValueId value);
Node* writer(Graph& graph, ValueId value);

/// How many nodes read each value, indexed by value; the graph's output counts as one reader.
std::vector<int> count_readers(const Graph& graph);

/// Whether a node has a parameter that is trained.
bool trains(const Graph& graph, const Node& node);

/// Which values training needs the gradients of, indexed by value: those behind something that is trained, and all behind the input's where
/// that is wanted as well.
std::vector<bool> find_gradients(const Graph& graph, bool of_input);

/// Whether the network gives probabilities: a softmax, of which nothing but layout or dropout comes behind.
bool gives_probabilities(const Graph& graph);

/// The layers whose results lead nowhere: no node of theirs is read on a way to the graph's output. Layers without nodes are not among
/// them.
std::vector<LayerId> unused_layers(const Graph& graph);

/// A line a node, for tests and debugging: "3: batch_norm+relu(2) -> 16x28x28  layer1.1".
std::string to_string(const Graph& graph);

}  // namespace cnnctl
