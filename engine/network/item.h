#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/layers/layer.h"
#include "engine/network/vars.h"

namespace cnnctl {

/// An item of a model's list, checked as far as that goes without a shape: a layer, or a group of items.
struct ModelItem {
  std::string type;  // of a layer: "conv"; of a group: "group"
  Place place;       // of the type or name, where mistakes of the item as a whole are shown

  const Value* group = nullptr;                   // a group's list of items, not yet read; it lives as long as the config and its vars
  std::function<void(LayerBuilder&)> build = {};  // a layer; empty for a group, and where the arguments are wrong

  std::string name = {};  // "" where the item is called by its index
  Place name_place = {};
  std::int64_t repeat = 1;
  bool when = true;
};

/// The largest number of layers and groups in a network, repetitions included.
constexpr std::int64_t max_items = 20'000;

/// Reads one item: `type`, `{type: {arguments}}`, `{name: [items]}`, `[items]` or `{group: {layers: [items]}}`, with `name`, `repeat` and
/// `when` taken off the arguments. Nothing where the item's form is wrong; wrong arguments give an item without `build`. Mistakes go to
/// `diagnostics`.
std::optional<ModelItem> read_model_item(const Value& value, Vars& vars, Diagnostics& diagnostics);

}  // namespace cnnctl
