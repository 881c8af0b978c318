#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace cnnctl {

/// A part of a network as its user wrote it: a layer, or a group with the items in it, in their order.
struct OutlineItem {
  GroupId group = -1;  // one of the two; the whole network has neither
  LayerId layer = -1;
  std::string label;  // what it is called where it stands: "conv1", "0", and a branch "body"

  std::vector<ValueId> inputs;    // a layer's, in order; of a group the one value that enters it
  ValueId output = 0;             // an item that computes nothing gives what it gets
  std::vector<std::string> from;  // where the inputs are not just what the item before gives: their names, as `from` in a config takes them

  std::vector<OutlineItem> items;  // of a group
  bool branching = false;          // a group of branches and, behind them, the layer that joins them (none where one branch was left out)
  std::int64_t layers = 0;         // in it; a layer is one
  std::int64_t parameters = 0;     // elements of the trainable ones
  std::int64_t macs = 0;           // multiply-accumulates per image

  bool is_layer() const { return layer >= 0; }
  bool has_join() const { return branching && items.back().is_layer(); }
  /// The branches of a branching item.
  std::span<const OutlineItem> branches() const { return std::span(items).first(items.size() - (has_join() ? 1 : 0)); }
};

/// The network as a tree: its groups around its layers. The root is the network itself.
OutlineItem make_outline(const Graph& graph);

}  // namespace cnnctl
