#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/layers/layer.h"
#include "engine/network/blocks.h"
#include "engine/network/branching.h"
#include "engine/network/environment.h"

namespace cnnctl {

/// An item of a model's list, its form checked: a layer, a group of items, an item with branches, or a block's instance. What it takes is
/// not worked out yet, since it may depend on `index`.
struct ModelItem {
  std::string type;  // "conv", "group", "residual", a block's name
  Place place;       // of the type or name, where mistakes of the item as a whole are shown

  // What it is: one of these.
  const LayerType* layer = nullptr;
  const Branching* branching = nullptr;
  const Block* block = nullptr;
  std::optional<Bound> group = {};  // a group's list of items

  Value arguments = {};                      // of the layer, the branching item or the block; null or a map
  const Environment* environment = nullptr;  // what names in them mean

  std::optional<Value> name = {};  // none: called by its index
  std::optional<Value> from = {};
  std::int64_t repeat = 1;
  bool counts = false;  // has `repeat`, and so an `index` of its own
  bool when = true;
  bool valid = true;  // false where a mistake was found: what it gives is then unknown
};

/// The largest number of layers, groups and branches in a network, repetitions included; a name in a list of `from` is a branch too.
constexpr std::int64_t max_items = 20'000;

/// What can stand at the head of an item without being a block: a layer, a branching item, or group.
bool is_item_type(std::string_view name);

/// What every item takes, whatever its type: name, from, repeat, when.
bool is_item_argument(std::string_view name);

/// The arguments that every item takes, for the reference.
const Declaration& item_declaration();
/// What a group takes beside that, in its long form.
const Declaration& group_declaration();

/// Reads one item, which stands for itself (no `$name`): `type`, `{type: {arguments}}`, `{name: [items]}`, `[items]` or
/// `{group: {layers: [items]}}`. Nothing where it is no item at all. Mistakes go to `diagnostics`.
std::optional<ModelItem> read_model_item(const Bound& value, const Blocks& blocks, Diagnostics& diagnostics);

/// Whether `name` can name an item; else the mistake goes to `diagnostics`.
bool check_item_name(std::string_view name, const Place& place, Diagnostics& diagnostics);

}  // namespace cnnctl
