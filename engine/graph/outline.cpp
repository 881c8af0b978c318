#include "engine/graph/outline.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

namespace cnnctl {
namespace {

class OutlineBuilder {
 public:
  explicit OutlineBuilder(const Graph& graph)
      : graph_(graph),
        writers_(graph.values.size(), -1),
        readers_(graph.values.size(), -1),
        layers_(graph.layers.size()),
        group_outputs_(graph.groups.size(), unknown) {
    for (const Node& node : graph.nodes) read_node(node);
  }

  OutlineItem build() {
    OutlineItem root;
    add_items(root);
    root.inputs = {0};
    follow(root, 0, 0);
    return root;
  }

 private:
  static constexpr ValueId unknown = -1;

  /// What a layer's nodes read of others, and the last value that they write.
  struct LayerValues {
    std::vector<ValueId> inputs;
    ValueId output = unknown;
  };

  void read_node(const Node& node) {
    LayerValues& layer = layers_[index_of(node.layer)];
    // A sum may read a value twice, but what one node of a layer read is not read anew by the next.
    for (const ValueId input : node.inputs)
      if (writers_[index_of(input)] != node.layer && readers_[index_of(input)] != node.layer) layer.inputs.push_back(input);
    for (const ValueId input : node.inputs) readers_[index_of(input)] = node.layer;
    layer.output = node.output;
    writers_[index_of(node.output)] = node.layer;
  }

  /// Adds the items of `parent` and all that they hold. Groups stand in the order in which they open.
  void add_items(OutlineItem& parent) {
    while (next_group_ < graph_.groups.size() || next_layer_ < graph_.layers.size()) {
      const bool opens_group = next_group_ < graph_.groups.size() &&
                               (next_layer_ == graph_.layers.size() || index_of(graph_.groups[next_group_].first_layer) <= next_layer_);
      const GroupId around = opens_group ? graph_.groups[next_group_].parent : graph_.layers[next_layer_].group;
      if (around != parent.group) break;
      OutlineItem item = opens_group ? make_group() : make_layer();
      parent.layers += item.layers;
      parent.parameters += item.parameters;
      parent.macs += item.macs;
      parent.items.push_back(std::move(item));
    }
    parent.inputs = entry(parent);
  }

  OutlineItem make_layer() {
    const Layer& layer = graph_.layers[next_layer_];
    OutlineItem item;
    item.layer = static_cast<LayerId>(next_layer_);
    item.label = relative_name(layer.name, layer.group);
    item.inputs = layers_[next_layer_].inputs;
    item.output = layers_[next_layer_].output;
    item.layers = 1;
    item.parameters = layer.parameters;
    item.macs = layer.macs;
    ++next_layer_;
    return item;
  }

  OutlineItem make_group() {
    OutlineItem item;
    item.group = static_cast<GroupId>(next_group_);
    item.label = graph_.groups[next_group_].label;
    ++next_group_;
    add_items(item);
    item.branching = std::any_of(item.items.begin(), item.items.end(), [&](const OutlineItem& part) { return is_branch(part); });
    if (item.branching) item.inputs = common_entry(item);
    return item;
  }

  bool is_branch(const OutlineItem& item) const { return !item.is_layer() && graph_.groups[index_of(item.group)].type == "branch"; }

  /// What the first item reads that reads anything; empty where that is not one value.
  static std::vector<ValueId> entry(const OutlineItem& list) {
    for (const OutlineItem& item : list.items) {
      if (item.inputs.size() == 1) return {item.inputs.front()};
      if (!item.inputs.empty()) break;
    }
    return {};
  }

  /// What all branches read: an empty one is what the join reads besides the others' outputs. Empty where they do not agree.
  static std::vector<ValueId> common_entry(const OutlineItem& item) {
    std::vector<ValueId> read = item.has_join() ? item.items.back().inputs : std::vector<ValueId>{};
    for (const OutlineItem& branch : item.branches()) {
      if (const auto found = std::find(read.begin(), read.end(), last_output(branch)); found != read.end()) read.erase(found);
      read.insert(read.end(), branch.inputs.begin(), branch.inputs.end());
    }
    const bool agree = std::adjacent_find(read.begin(), read.end(), std::not_equal_to<>()) == read.end();
    return agree && !read.empty() ? std::vector{read.front()} : std::vector<ValueId>{};
  }

  /// What a list gives; unknown where it computes nothing.
  static ValueId last_output(const OutlineItem& item) {
    if (item.is_layer()) return item.output;
    for (auto part = item.items.rbegin(); part != item.items.rend(); ++part)
      if (const ValueId output = last_output(*part); output != unknown) return output;
    return unknown;
  }

  /// Completes an item that `current` reaches where its user named nothing else, in a list that `list_input` enters.
  void follow(OutlineItem& item, ValueId current, ValueId list_input) {
    if (item.inputs.empty()) item.inputs = {current};
    const GroupId around = item.is_layer() ? graph_.layers[index_of(item.layer)].group : parent_of(item.group);
    if (item.inputs != std::vector{current})
      for (const ValueId input : item.inputs) item.from.push_back(source_name(input, list_input, around));
    if (item.is_layer()) {
      if (item.output == unknown) item.output = item.inputs.front();
      return;
    }
    item.output = item.inputs.front();
    for (OutlineItem& part : item.items) {
      follow(part, item.branching ? item.inputs.front() : item.output, item.inputs.front());
      item.output = part.output;
    }
    if (item.has_join()) item.items.back().from.clear();
    if (item.group >= 0) group_outputs_[index_of(item.group)] = item.output;
  }

  GroupId parent_of(GroupId group) const { return group < 0 ? -1 : graph_.groups[index_of(group)].parent; }

  /// What an item in the group `around` calls a value: the largest part of the network that ends in it.
  std::string source_name(ValueId value, ValueId list_input, GroupId around) const {
    if (value == list_input) return "input";
    if (value == 0) return "the network's input";
    const Layer& layer = graph_.layers[index_of(writers_[index_of(value)])];
    const std::string* name = &layer.name;
    // Groups that are still open, those around the reader, have no output yet.
    for (GroupId group = layer.group; group >= 0 && group_outputs_[index_of(group)] == value; group = parent_of(group))
      name = &graph_.groups[index_of(group)].name;
    return relative_name(*name, around);
  }

  /// A name without the levels that stand around `group`'s items.
  std::string relative_name(const std::string& name, GroupId group) const {
    for (; group >= 0; group = parent_of(group)) {
      const std::string& level = graph_.groups[index_of(group)].name;
      if (name.size() > level.size() + 1 && name.starts_with(level) && name[level.size()] == '.') return name.substr(level.size() + 1);
    }
    return name;
  }

  const Graph& graph_;
  std::vector<LayerId> writers_;  // of each value; -1 of the input
  std::vector<LayerId> readers_;  // of each value, the last one so far; -1 where there is none
  std::vector<LayerValues> layers_;
  std::vector<ValueId> group_outputs_;
  std::size_t next_group_ = 0;
  std::size_t next_layer_ = 0;
};

}  // namespace

OutlineItem make_outline(const Graph& graph) { return OutlineBuilder(graph).build(); }

}  // namespace cnnctl
