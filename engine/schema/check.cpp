#include <algorithm>

#include <fmt/format.h>

#include "engine/schema/schema.h"

namespace cnnctl {
namespace {

std::vector<std::string> names_of(const std::vector<Argument>& arguments) {
  std::vector<std::string> names;
  names.reserve(arguments.size());
  for (const Argument& argument : arguments) names.push_back(argument.name);
  return names;
}

/// Reports the keys of `map` that are not among `known`; `noun` is what a key is called ("argument").
void report_unknown(const Value& map, const std::vector<std::string>& known, std::string_view noun, std::string_view owner,
                    Diagnostics& diagnostics) {
  for (const Entry& entry : map.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const std::string meant = did_you_mean(entry.key, known);
    std::string hint;
    if (meant.empty()) hint = known.empty() ? fmt::format("{} takes none", owner) : fmt::format("known are {}", fmt::join(known, ", "));
    diagnostics.error(entry.key_place, fmt::format("unknown {} '{}' for {}{}", noun, entry.key, owner, meant), std::move(hint));
  }
}

/// Whether one of the unknown keys looks like `name` mistyped: then its own message says enough.
bool is_mistyped_in(const Value& arguments, const std::string& name, const std::vector<std::string>& known) {
  return std::any_of(arguments.entries.begin(), arguments.entries.end(), [&](const Entry& entry) {
    return std::find(known.begin(), known.end(), entry.key) == known.end() && suggestion(entry.key, known) == name;
  });
}

}  // namespace

bool declares(const Declaration& declaration, std::string_view name) {
  return std::any_of(declaration.arguments.begin(), declaration.arguments.end(), [&](const Argument& known) { return known.name == name; });
}

void report_unknown_keys(const Value& map, const std::vector<std::string>& known, std::string_view owner, Diagnostics& diagnostics) {
  report_unknown(map, known, "key", owner, diagnostics);
}

bool check_arguments(const Declaration& declaration, const Value& arguments, const Place& place, Diagnostics& diagnostics) {
  if (!arguments.is_map() && !arguments.is_null()) {
    diagnostics.error(arguments.place, fmt::format("the arguments of {} must be a map, not {}", declaration.name, describe(arguments)),
                      fmt::format("write {}: {{argument: value}}", declaration.name));
    return false;
  }
  const std::vector<std::string> known = names_of(declaration.arguments);
  report_unknown(arguments, known, "argument", declaration.name, diagnostics);
  for (const Argument& argument : declaration.arguments)
    if (argument.required && !arguments.find(argument.name) && !is_mistyped_in(arguments, argument.name, known))
      diagnostics.error(place, fmt::format("{} needs {} ({})", declaration.name, argument.name, argument.help));
  return true;
}

}  // namespace cnnctl
