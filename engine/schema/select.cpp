#include <algorithm>

#include <fmt/format.h>

#include "engine/diagnostics/suggestion.h"
#include "engine/schema/schema.h"

namespace cnnctl {
namespace {

std::string with_article(std::string_view noun) {
  const bool vowel = !noun.empty() && std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
  return fmt::format("{} {}", vowel ? "an" : "a", noun);
}

std::vector<std::string> keys_of(const Value& map) {
  std::vector<std::string> keys;
  for (const Entry& entry : map.entries) keys.push_back(entry.key);
  return keys;
}

}  // namespace

std::optional<Item> read_item(const Value& value, std::string_view what, Diagnostics& diagnostics) {
  if (value.is_scalar()) return Item{value.text, value.place, {}};
  if (!value.is_map() || value.entries.empty()) {
    diagnostics.error(value.place,
                      fmt::format("{} must be a name or {{name: {{arguments}}}}, not {}", with_article(what), describe(value)));
    return std::nullopt;
  }
  const Entry& entry = value.entries.front();
  if (value.entries.size() > 1) {
    // What a missing indentation of the arguments leads to.
    diagnostics.error(entry.key_place,
                      fmt::format("{} is one name with its arguments, but here are {} keys: {}", with_article(what), value.entries.size(),
                                  listed(keys_of(value))),
                      fmt::format("indent the arguments under '{0}:', or write {0}: {{argument: value}}", entry.key));
    return std::nullopt;
  }
  if (!entry.value.is_null() && !entry.value.is_map()) {
    diagnostics.error(entry.value.place, fmt::format("the arguments of {} must be a map, not {}", entry.key, describe(entry.value)),
                      fmt::format("write {}: {{argument: value}}", entry.key));
    return std::nullopt;
  }
  return Item{entry.key, entry.key_place, entry.value};
}

std::optional<Selection> select(const Value& value, std::string_view what, const std::vector<Choice>& table, Diagnostics& diagnostics) {
  const std::optional<Item> item = read_item(value, what, diagnostics);
  if (!item) return std::nullopt;
  const auto choice = std::find_if(table.begin(), table.end(), [&](const Choice& c) { return c.declaration->name == item->type; });
  if (choice == table.end()) {
    std::vector<std::string> names;
    names.reserve(table.size());
    for (const Choice& known : table) names.push_back(known.declaration->name);
    diagnostics.error(item->type_place, fmt::format("unknown {} '{}'{}", what, item->type, did_you_mean(item->type, names)),
                      fmt::format("known are {}", fmt::join(names, ", ")));
    return std::nullopt;
  }
  Diagnostics found;
  choice->check(item->arguments, item->type_place, found);
  diagnostics.add(found);
  if (found.has_errors()) return std::nullopt;
  return Selection{item->type, item->type_place, item->arguments};
}

}  // namespace cnnctl
