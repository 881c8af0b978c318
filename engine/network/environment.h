#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/graph/shape.h"

namespace cnnctl {

class Environment;
class ItemList;

/// A value of the config together with what the names in it mean.
struct Bound {
  const Value* value = nullptr;
  const Environment* environment = nullptr;
  const ItemList* list = nullptr;              // where `from` looks up an item's name in it; nullptr: where it is used
  std::shared_ptr<const Value> computed = {};  // keeps `value` alive where an expression gave it
};

/// What `$name` and `${...}` mean at one place of a config: vars; in a block its parameters, which hide vars; `index`; and the shape of
/// what enters the block's body (outside any block, the network's input).
///
/// Environments form a chain: the vars' own, a block's inside it, an index's inside those. Each must outlive what is inside it.
class Environment {
 public:
  /// The vars' own.
  Environment() = default;
  /// One inside `outer`.
  explicit Environment(const Environment* outer) : outer_(outer) {}
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  void set_index(std::int64_t index) { index_ = index; }
  /// The shape that enters the body; nothing where a mistake has left it unknown.
  void set_entrance(const std::optional<Shape>& shape) { entrance_ = shape, has_entrance_ = true; }
  /// Lets `name` stand for `bound`. A bound without an environment is in this one.
  void bind(const std::string& name, const Place& name_place, Bound bound);

  /// One name's meaning.
  struct Binding {
    Bound bound;
    Place name_place;
    mutable bool used = false;
    mutable bool busy = false;                // being worked out: a second visit is a cycle
    mutable std::optional<Bound> known = {};  // what it stands for, once that was worked out
  };
  /// The innermost binding of `name`, or nullptr.
  const Binding* find(std::string_view name) const;
  /// The names bound here, not those around it.
  const std::map<std::string, Binding, std::less<>>& bindings() const { return bindings_; }
  /// All that can be named, for suggestions.
  std::vector<std::string> names() const;

  /// The number that `index`, `in_channels`, `in_height` or `in_width` stands for; nothing where the shape is unknown.
  std::optional<std::int64_t> special(std::string_view name) const;

  /// Counts names that are being worked out through each other; false, with nothing counted, where they are too many.
  bool enter() const;
  void leave() const;

  /// What giving a name its meaning, or comparing it with another, counts as.
  static constexpr std::int64_t cost_of_name = 10;

  /// Counts values that are put in against what the whole config may grow to; false, with the mistake in `diagnostics`, where that is too
  /// much.
  bool spend(std::int64_t values, const Place& place, Diagnostics& diagnostics) const;
  /// The same for what it takes to list all names and find one that is near.
  bool may_list_names(const Place& place, Diagnostics& diagnostics) const;

 private:
  const Environment& outermost() const;
  std::int64_t index() const;
  const std::optional<Shape>& entrance() const;

  const Environment* outer_ = nullptr;
  std::map<std::string, Binding, std::less<>> bindings_;
  std::optional<std::int64_t> index_;
  std::optional<Shape> entrance_;
  bool has_entrance_ = false;
  // Of the outermost one: they bound the time and stack that a hostile config takes.
  mutable std::int64_t budget_ = 10'000'000;
  mutable int levels_ = 0;
};

/// The words that expressions give a meaning of their own.
bool is_special(std::string_view name);

/// Letters, digits and '_', not beginning with a digit: what can name a var, a block or a parameter.
bool is_identifier(std::string_view name);

/// What `value` stands for: itself, or where it is `$name` or `${...}` what that gives, whose own parts are left as they are. Nothing where
/// that is unknown, with the mistake in `diagnostics` unless it is a shape that an earlier mistake left unknown.
std::optional<Bound> resolve(const Value& value, const Environment& environment, Diagnostics& diagnostics);

/// The same where `value`, called `what`, has to stand for a list of items; anything else is a mistake.
std::optional<Bound> resolve_items(std::string_view what, const Value& value, const Environment& environment, Diagnostics& diagnostics);

/// A copy of `value` with every `$name` and `${...}` in it replaced, keys included. A scalar that was replaced keeps the place of its use;
/// what lies inside a list or map keeps the place where it is written. Nothing as above.
std::optional<Value> substitute(const Value& value, const Environment& environment, Diagnostics& diagnostics);

}  // namespace cnnctl
