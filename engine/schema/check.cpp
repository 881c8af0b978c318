#include <algorithm>
#include <set>

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

constexpr std::size_t most_keys_listed = 50;  // all of cnnctl's own; a block may have more

/// Reports the keys of `map` that are not among `known`; `noun` is what a key is called ("argument"). Returns the known ones that they look
/// like mistyped.
std::set<std::string> report_unknown(const Value& map, const std::vector<std::string>& known, std::string_view noun, std::string_view owner,
                                     Diagnostics& diagnostics) {
  std::set<std::string> mistyped;
  for (const Entry& entry : map.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const std::string meant = suggestion(entry.key, known);
    mistyped.insert(meant);
    std::string hint;
    if (meant.empty())
      hint = known.empty() ? fmt::format("{} takes none", owner) : fmt::format("known are {}", listed(known, most_keys_listed));
    diagnostics.error(entry.key_place, fmt::format("unknown {} '{}' for {}{}", noun, entry.key, owner, as_question(meant)),
                      std::move(hint));
  }
  return mistyped;
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
  // The message about a mistyped argument says enough.
  const std::set<std::string> mistyped = report_unknown(arguments, known, "argument", declaration.name, diagnostics);
  for (const Argument& argument : declaration.arguments)
    if (argument.required && !arguments.find(argument.name) && !mistyped.contains(argument.name))
      diagnostics.error(place, fmt::format("{} needs {} ({})", declaration.name, argument.name, argument.help));
  return true;
}

}  // namespace cnnctl
