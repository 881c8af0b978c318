#include "engine/network/vars.h"

#include <fmt/format.h>

#include "engine/config/assignment.h"

namespace cnnctl {

Vars::Vars(const Value& map, Diagnostics& diagnostics) {
  if (map.is_null()) return;
  if (!map.is_map()) {
    diagnostics.error(map.place, fmt::format("vars must be a map of names and values, not {}", describe(map)), "write vars: {width: 64}");
    return;
  }
  for (const Entry& entry : map.entries) {
    if (!is_identifier(entry.key))
      diagnostics.error(entry.key_place, fmt::format("'{}' cannot name a var", entry.key),
                        "a var's name consists of letters, digits and '_' and does not begin with a digit");
    else if (is_special(entry.key))
      diagnostics.error(entry.key_place, fmt::format("'{}' cannot name a var: the word has a meaning of its own", entry.key));
    else
      environment_.bind(entry.key, entry.key_place, {&entry.value});
  }
}

std::optional<Value> Vars::substitute(const Value& value, Diagnostics& diagnostics) const {
  return cnnctl::substitute(value, environment_, diagnostics);
}

void Vars::warn_unused(const Place& source, bool has_sets, Diagnostics& diagnostics) const {
  for (const auto& [name, binding] : environment_.bindings())
    if (!binding.used && (has_sets ? is_of_set(binding.name_place) : is_of_file(binding.name_place, source)))
      diagnostics.warning(binding.name_place, fmt::format("var '{}' is never used", name));
}

bool is_of_file(const Place& definition, const Place& config) { return definition.source == config.source || is_of_set(definition); }

}  // namespace cnnctl
