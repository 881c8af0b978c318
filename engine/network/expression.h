#pragma once

#include <optional>
#include <string_view>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/network/environment.h"

namespace cnnctl {

/// Whether a text holds `${...}`.
bool holds_expression(std::string_view text);

/// The name in a text that is `${name}` and nothing else; empty for any other.
std::string_view sole_name(std::string_view text);

/// The scalar that a text with `${...}` in it gives. A text that is one expression gives a number (a whole one as an integer) or, where it
/// compares, negates or chooses a boolean, a boolean; an expression that is one name gives what that stands for; inside longer text
/// expressions give text. Arithmetic and functions are muparser's, with floor, ceil, round, min, max, make_divisible(number, divisor[,
/// least]) and % beside them. Nothing where it cannot be worked out, with the mistake in `diagnostics` unless a shape that it needs is
/// unknown.
std::optional<Value> evaluate_text(const Value& value, const Environment& environment, Diagnostics& diagnostics);

}  // namespace cnnctl
