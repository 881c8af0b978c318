#pragma once

#include <cstdint>
#include <string>

#include "engine/schema/schema.h"

namespace cnnctl {

/// How often something happens in a training run. In a config: "1 epoch", "20 steps", "5 minutes".
struct Interval {
  enum class Unit { epochs, steps, minutes };

  std::int64_t count = 1;  // in [1, Duration::most]
  Unit unit = Unit::epochs;

  friend bool operator==(const Interval&, const Interval&) = default;
};

/// "5 minutes".
std::string to_string(const Interval& interval);

/// An argument's type like those of schema.h.
bool read_value(const Value& value, const Argument& argument, Interval& out, Diagnostics& diagnostics);
std::string type_name(const Interval&);
std::string default_text(const Interval&);

}  // namespace cnnctl
