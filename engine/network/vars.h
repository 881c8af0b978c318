#pragma once

#include <optional>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/network/environment.h"

namespace cnnctl {

/// The vars of a config: values that `$name` and expressions stand for, anywhere in model, data and train, in blocks, and in other vars. A
/// var keeps its type, so it may be a number, a layer's type or a list of items.
class Vars {
 public:
  Vars() = default;

  /// Reads the map of vars (null where the config has none), which must outlive this. Mistakes go to `diagnostics`: no map, a name that is
  /// none.
  Vars(const Value& map, Diagnostics& diagnostics);

  const Environment& environment() const { return environment_; }
  /// The network's input: what `in_channels` and its kin stand for outside any block.
  void set_input(const std::optional<Shape>& shape) { environment_.set_entrance(shape); }

  /// A copy of `value` with all names and expressions in it replaced. Nothing where there were mistakes.
  std::optional<Value> substitute(const Value& value, Diagnostics& diagnostics) const;

  /// Warns of every var that `source` itself or --set defines and nothing used so far. `has_sets`: only of those that --set has added,
  /// since it may have replaced what used the others.
  void warn_unused(const Place& source, bool has_sets, Diagnostics& diagnostics) const;

 private:
  Environment environment_;
};

/// Whether a definition at `definition` belongs to the file of `config` (or to a --set), rather than to one that it includes.
bool is_of_file(const Place& definition, const Place& config);

}  // namespace cnnctl
