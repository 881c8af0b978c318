#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/graph/graph.h"

namespace cnnctl {

/// The last part of a full name: what an item is called in its list.
std::string label_of(const std::string& name);

/// Gives the items of one level their names, as nn.Sequential does: its own, or its index.
class NameLevel {
 public:
  /// The level whose names begin with `prefix` ("layer2.0."). `is_block`: the body of a block's instance.
  explicit NameLevel(std::string prefix, bool is_block = false) : prefix_(std::move(prefix)), is_block_(is_block) {}
  /// The items in the branches of an unnamed branching item: named ones stand at the level `around` it, the others are numbered under
  /// `prefix`, the branching item's own.
  NameLevel(NameLevel& around, std::string prefix) : around_(&around.named()), prefix_(std::move(prefix)) {}

  /// The full name of an item called `own` (or by its index, where that is empty). A name that is taken already is an error that shows the
  /// first.
  std::string take(const std::string& own, const Place& place, Diagnostics& diagnostics);

  /// The same for what is no item of the list, as a shortcut's projection: it takes no index. `hint`: what to do where the name is taken.
  std::string claim(const std::string& name, const Place& place, Diagnostics& diagnostics, const std::string& hint = "");

  /// The level at which named items stand: this, or the one around it.
  NameLevel& named() { return around_ != nullptr ? *around_ : *this; }
  bool is_block() const { return is_block_; }
  void skip(std::int64_t count) { next_index_ += count; }

 private:
  NameLevel* around_ = nullptr;
  std::string prefix_;
  bool is_block_ = false;
  std::map<std::string, Place, std::less<>> taken_;
  std::int64_t next_index_ = 0;
};

/// A list of items while it is being built: what `from` can name in it.
class ItemList {
 public:
  /// A list that `input` enters (nothing where a mistake has left that unknown), inside `outer`; nullptr where the names around it are not
  /// visible, as in a block's body. `items` is what is written.
  ItemList(std::optional<ValueId> input, const ItemList* outer, const Value& items) : input_(input), outer_(outer), items_(items) {}
  /// The body of a block whose items join the list `joined`: they are visible there too.
  static ItemList joining(ItemList& joined, std::optional<ValueId> input, const Value& items);

  /// The item that is being built, by its place in the list as it is written.
  void set_position(std::size_t position) { position_ = position; }
  void define(const std::string& name, std::optional<ValueId> value);

  /// What `name` stands for here. Outer: nothing was found, with the mistake in `diagnostics`. Inner: a mistake has left the value unknown.
  std::optional<std::optional<ValueId>> find(const std::string& name, const Place& place, Diagnostics& diagnostics) const;

 private:
  std::vector<std::string> visible_names() const;
  void report_missing(const std::string& name, const Place& place, Diagnostics& diagnostics) const;

  std::optional<ValueId> input_;
  const ItemList* outer_ = nullptr;
  ItemList* joined_ = nullptr;
  const Value& items_;
  std::size_t position_ = 0;
  std::map<std::string, std::optional<ValueId>, std::less<>> values_;
};

}  // namespace cnnctl
