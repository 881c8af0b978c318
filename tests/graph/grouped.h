#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/graph.h"

namespace cnnctl {

/// A graph with groups and branches, put together by hand as engine/network does it from a config.
class GroupedGraph {
 public:
  explicit GroupedGraph(const Shape& input) : graph_(make_graph("test", input)) {}

  /// The value that the next layer reads.
  ValueId current() const { return graph_.output; }
  GroupedGraph& from(ValueId value) {
    graph_.output = value;
    return *this;
  }

  GroupedGraph& open(const std::string& type, const std::string& label) { return open_group(type, label, full_name(label)); }
  GroupedGraph& close() {
    group_ = graph_.groups[static_cast<std::size_t>(group_)].parent;
    return *this;
  }

  /// Opens a branching item that bears a name, or (transparent) an index, to be followed by branches and close_branches.
  GroupedGraph& open_branches(const std::string& type, const std::string& label, bool transparent = false) {
    open(type, label);
    items_.push_back({transparent, current(), {}});
    return *this;
  }
  GroupedGraph& branch(const std::string& label) {
    graph_.output = items_.back().entry;
    return open_group("branch", label, graph_.groups[static_cast<std::size_t>(group_)].name);
  }
  GroupedGraph& close_branch() {
    items_.back().outputs.push_back(current());
    return close();
  }
  GroupedGraph& close_branches() {
    const Group item = graph_.groups[static_cast<std::size_t>(group_)];
    add(item.name, item.type, items_.back().outputs);
    items_.pop_back();
    return close();
  }

  /// A convolution of kernel 1 without bias.
  GroupedGraph& conv(const std::string& label, std::int64_t channels) {
    const Shape in = graph_.output_shape();
    const LayerId layer = add_row(full_name(label), "conv", std::to_string(channels));
    const ParameterId weight = add_parameter(graph_, {full_name(label) + ".weight", {channels, in.channels, 1, 1}, {}, true});
    Convolution op;
    op.out_channels = channels;
    op.bias = false;
    const Shape out{channels, in.height, in.width};
    graph_.output = add_node(graph_, op, {current()}, out, {weight}, layer);
    Layer& row = graph_.layers.back();
    row.output = out;
    row.parameters = channels * in.channels;
    row.macs = row.parameters * in.height * in.width;
    return *this;
  }
  GroupedGraph& relu(const std::string& label) {
    const LayerId layer = add_row(full_name(label), "relu", "");
    graph_.layers.back().output = graph_.output_shape();
    graph_.output = add_node(graph_, Eltwise{}, {current()}, graph_.output_shape(), {}, layer);
    return *this;
  }
  /// A layer that computes nothing.
  GroupedGraph& identity(const std::string& label) {
    add_row(full_name(label), "identity", "");
    graph_.layers.back().output = graph_.output_shape();
    return *this;
  }
  /// `add`, `multiply` or `concat` of earlier values.
  GroupedGraph& join(const std::string& type, const std::string& label, const std::vector<ValueId>& inputs) {
    return add(full_name(label), type, inputs);
  }

  /// The row of the layer that was added last.
  Layer& last_row() { return graph_.layers.back(); }

  operator const Graph&() const { return graph_; }

 private:
  struct Branches {
    bool transparent = false;
    ValueId entry = 0;
    std::vector<ValueId> outputs;
  };

  std::string full_name(const std::string& label) const {
    std::size_t item = items_.size();
    for (GroupId id = group_; id >= 0; id = graph_.groups[static_cast<std::size_t>(id)].parent) {
      const Group& group = graph_.groups[static_cast<std::size_t>(id)];
      if (group.type == "branch") continue;
      const bool branching = group.type == "residual" || group.type == "concat" || group.type == "add" || group.type == "multiply";
      if (branching && item > 0 && items_[--item].transparent) continue;
      return group.name + "." + label;
    }
    return label;
  }

  GroupedGraph& open_group(const std::string& type, const std::string& label, std::string name) {
    const auto id = static_cast<GroupId>(graph_.groups.size());
    graph_.groups.push_back({std::move(name), label, type, group_, static_cast<LayerId>(graph_.layers.size())});
    group_ = id;
    return *this;
  }

  LayerId add_row(std::string name, std::string type, std::string arguments) {
    Layer row;
    row.name = std::move(name);
    row.type = std::move(type);
    row.arguments = std::move(arguments);
    row.group = group_;
    graph_.layers.push_back(std::move(row));
    return static_cast<LayerId>(graph_.layers.size() - 1);
  }

  GroupedGraph& add(const std::string& name, const std::string& type, const std::vector<ValueId>& inputs) {
    const LayerId layer = add_row(name, type, "");
    Shape out = graph_.values[static_cast<std::size_t>(inputs.front())];
    Op op = Concat{};
    if (type == "concat") {
      for (std::size_t i = 1; i < inputs.size(); ++i) out.channels += graph_.values[static_cast<std::size_t>(inputs[i])].channels;
    } else {
      Binary binary;
      if (type == "multiply") binary.kind = Binary::Kind::multiply;
      op = binary;
    }
    graph_.layers.back().output = out;
    graph_.output = add_node(graph_, std::move(op), inputs, out, {}, layer);
    return *this;
  }

  Graph graph_;
  GroupId group_ = -1;
  std::vector<Branches> items_;  // the branching items that are open
};

}  // namespace cnnctl
