#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/diagnostics/place.h"

namespace cnnctl {

struct Entry;

/// A YAML value that knows where it stands: what the config language is read into, before anything is checked.
/// Scalars keep their text and whether it was quoted: a quoted one is always a string, a plain one is what its reader needs (YAML's core
/// schema).
struct Value {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  Place place;
  std::string text;            // scalar
  bool quoted = false;         // scalar
  std::vector<Value> items;    // list
  std::vector<Entry> entries;  // map, in the order of the file; keys are unique

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }

  /// The value of `key` in a map, or nullptr where there is none or this is no map.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
};

/// A plain scalar.
Value scalar_value(std::string text, Place place = {});

/// The name that an item of a list bears in the text, and where it is written: its `name` argument, or that of a group (`- layer1: [...]`);
/// nothing where it has none.
std::optional<std::pair<std::string, Place>> written_name(const Value& item);

/// A key of a map, with its own place.
struct Entry {
  std::string key;
  Place key_place;
  Value value;
};

/// "a string", "a list", ...: what a value is, for messages.
std::string describe(const Value& value);

/// A value as YAML text that parses to an equal value: block style, small lists and maps of scalars in flow style. Ends with a line break.
std::string to_yaml(const Value& value);

/// The same on one line, in flow style, without a line break.
std::string to_yaml_inline(const Value& value);

}  // namespace cnnctl
