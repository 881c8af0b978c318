#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

/// The vars of a config: values that `$name` stands for, anywhere in model, data and train, and in vars further down. A var keeps its type,
/// so it may be a number, a layer's type or a list of items.
class Vars {
 public:
  Vars() = default;

  /// Reads the map of vars (null where the config has none). Mistakes go to `diagnostics`: no map, a name that is none, a var that uses one
  /// that does not stand above it, one that grows beyond a million values or 100 levels.
  Vars(const Value& map, Diagnostics& diagnostics);

  /// What `value` stands for: itself, or the var's value where it is `$name`, whose own parts are left as they are. Nothing where the name
  /// is unknown, an error with a suggestion.
  const Value* resolve(const Value& value, Diagnostics& diagnostics);

  /// A copy of `value` with every `$name` in it replaced, keys included. A scalar that was replaced keeps the place of its use; what lies
  /// inside a list or map keeps the place where the var is written. Nothing where there were mistakes.
  std::optional<Value> substitute(const Value& value, Diagnostics& diagnostics);

  /// Warns of every var that was not used so far.
  void warn_unused(Diagnostics& diagnostics) const;

 private:
  /// How large a value is once every `$name` in it is replaced.
  struct Extent {
    std::int64_t values = 1;
    std::int64_t levels = 1;
    bool valid = true;
  };
  struct Var {
    Value value;
    Place name_place;
    Extent extent;
    bool used = false;
  };

  void add(const Entry& entry, const Value& map, Diagnostics& diagnostics);
  Extent measure(const Value& value, const Value& map, Diagnostics& diagnostics);
  const Var* find(std::string_view text, const Place& place, Diagnostics& diagnostics);
  std::optional<Value> substitute_list(const Value& list, Diagnostics& diagnostics);
  std::optional<Value> substitute_map(const Value& map, Diagnostics& diagnostics);
  bool spend(std::int64_t values, const Place& place, Diagnostics& diagnostics);

  std::map<std::string, Var, std::less<>> vars_;
  std::int64_t budget_ = 10'000'000;  // values that may still be put in: bounds the time that a hostile config takes
};

}  // namespace cnnctl
