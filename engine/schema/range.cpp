#include <cmath>

#include <fmt/format.h>

#include "engine/schema/print.h"
#include "engine/schema/schema.h"

namespace cnnctl {

Range at_least(double minimum) { return {.minimum = minimum}; }
Range above(double minimum) { return {.minimum = minimum, .open_minimum = true}; }
Range between(double minimum, double maximum) { return {.minimum = minimum, .maximum = maximum}; }
Range from_below(double minimum, double maximum) { return {.minimum = minimum, .maximum = maximum, .open_maximum = true}; }

std::string to_string(const Range& range) {
  const bool has_minimum = std::isfinite(range.minimum);
  const bool has_maximum = std::isfinite(range.maximum);
  if (has_minimum && has_maximum)
    return fmt::format("in {}{}, {}{}", range.open_minimum ? '(' : '[', range.minimum, range.maximum, range.open_maximum ? ')' : ']');
  if (has_minimum) return fmt::format("{} {}", range.open_minimum ? "above" : "at least", range.minimum);
  if (has_maximum) return fmt::format("{} {}", range.open_maximum ? "below" : "at most", range.maximum);
  return "";
}

}  // namespace cnnctl
