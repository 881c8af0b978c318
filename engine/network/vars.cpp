#include "engine/network/vars.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include <fmt/format.h>

#include "engine/diagnostics/suggestion.h"
#include "engine/network/not_yet.h"

namespace cnnctl {
namespace {

constexpr std::int64_t max_values = 1'000'000;
constexpr std::int64_t max_levels = 100;

/// Words that an expression will give a meaning of their own, so that no var may bear them.
constexpr std::array<std::string_view, 4> reserved = {"index", "in_channels", "in_height", "in_width"};

bool is_reserved(std::string_view name) { return std::find(reserved.begin(), reserved.end(), name) != reserved.end(); }

bool is_var_name(std::string_view name) {
  const auto is_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 && std::all_of(name.begin(), name.end(), is_word);
}

/// Whether a text has to do with vars at all: `$name`, or `${...}` anywhere.
bool mentions_var(std::string_view text) { return text.substr(0, 1) == "$" || text.find("${") != std::string_view::npos; }

bool mentions_var(const Value& value) { return value.is_scalar() && mentions_var(value.text); }

}  // namespace

Vars::Vars(const Value& map, Diagnostics& diagnostics) {
  if (map.is_null()) return;
  if (!map.is_map()) {
    diagnostics.error(map.place, fmt::format("vars must be a map of names and values, not {}", describe(map)), "write vars: {width: 64}");
    return;
  }
  for (const Entry& entry : map.entries) add(entry, map, diagnostics);
}

void Vars::add(const Entry& entry, const Value& map, Diagnostics& diagnostics) {
  if (!is_var_name(entry.key))
    return diagnostics.error(entry.key_place, fmt::format("'{}' cannot name a var", entry.key),
                             "a var's name consists of letters, digits and '_' and does not begin with a digit");
  if (is_reserved(entry.key))
    return diagnostics.error(entry.key_place, fmt::format("'{}' cannot name a var: the word has a meaning of its own", entry.key));
  Extent extent = measure(entry.value, map, diagnostics);
  if (extent.valid && (extent.values > max_values || extent.levels > max_levels)) {
    diagnostics.error(entry.key_place, fmt::format("var '{}' grows to more than {} values or {} levels once the vars in it are replaced",
                                                   entry.key, max_values, max_levels));
    extent.valid = false;
  }
  vars_[entry.key] = {entry.value, entry.key_place, extent, false};
}

Vars::Extent Vars::measure(const Value& value, const Value& map, Diagnostics& diagnostics) {
  if (mentions_var(value)) {
    const std::string name = value.text.substr(1);
    if (map.find(name) != nullptr && vars_.find(name) == vars_.end()) {
      diagnostics.error(value.place, fmt::format("var '{}' must stand above the var that uses it", name));
      return {1, 1, false};
    }
    const Var* var = find(value.text, value.place, diagnostics);
    return var == nullptr ? Extent{1, 1, false} : Extent{var->extent.values, var->extent.levels + 1, true};
  }
  Extent total;
  const auto include = [&](const Value& part) {
    const Extent extent = measure(part, map, diagnostics);
    total.values = std::min(total.values + extent.values, max_values + 1);
    total.levels = std::max(total.levels, extent.levels + 1);
    total.valid = total.valid && extent.valid;
  };
  for (const Value& item : value.items) include(item);
  for (const Entry& entry : value.entries) include(entry.value);
  return total;
}

const Vars::Var* Vars::find(std::string_view text, const Place& place, Diagnostics& diagnostics) {
  if (text.find("${") != std::string_view::npos) {
    report_not_yet(place, "an expression ${...}", diagnostics, "write the number it would give");
    return nullptr;
  }
  const std::string_view name = text.substr(1);
  const auto found = vars_.find(name);
  if (found != vars_.end()) {
    Var& var = found->second;
    var.used = true;
    return var.extent.valid && spend(var.extent.values, place, diagnostics) ? &var : nullptr;
  }
  if (is_reserved(name)) {
    report_not_yet(place, fmt::format("${}", name), diagnostics, "write the number it would give");
  } else if (!is_var_name(name)) {
    diagnostics.error(place, fmt::format("'{}' is no var: after $ comes a name and nothing else", text));
  } else {
    std::vector<std::string> names;
    for (const auto& [known, var] : vars_) names.push_back(known);
    diagnostics.error(place, fmt::format("unknown var '{}'{}", name, did_you_mean(name, names)),
                      names.empty() ? fmt::format("this config has no vars; add vars: {{{}: ...}} at the top level", name)
                                    : fmt::format("known vars: {}", fmt::join(names, ", ")));
  }
  return nullptr;
}

bool Vars::spend(std::int64_t values, const Place& place, Diagnostics& diagnostics) {
  if (budget_ < 0) return false;
  budget_ -= values;
  if (budget_ < 0) diagnostics.error(place, "the vars of this config grow too large where they are used");
  return budget_ >= 0;
}

const Value* Vars::resolve(const Value& value, Diagnostics& diagnostics) {
  const Value* result = &value;
  while (result != nullptr && mentions_var(*result)) {
    const Var* var = find(result->text, result->place, diagnostics);
    result = var == nullptr ? nullptr : &var->value;
  }
  return result;
}

std::optional<Value> Vars::substitute(const Value& value, Diagnostics& diagnostics) {
  if (mentions_var(value)) {
    const Var* var = find(value.text, value.place, diagnostics);
    if (var == nullptr) return std::nullopt;
    std::optional<Value> result = substitute(var->value, diagnostics);
    if (result && !result->is_list() && !result->is_map()) result->place = value.place;
    return result;
  }
  if (value.is_list()) return substitute_list(value, diagnostics);
  if (value.is_map()) return substitute_map(value, diagnostics);
  return value;
}

std::optional<Value> Vars::substitute_list(const Value& list, Diagnostics& diagnostics) {
  Value result = list;
  bool complete = true;
  for (Value& item : result.items) {
    std::optional<Value> replaced = substitute(item, diagnostics);
    complete = complete && replaced.has_value();
    if (replaced) item = std::move(*replaced);
  }
  if (!complete) return std::nullopt;
  return result;
}

std::optional<Value> Vars::substitute_map(const Value& map, Diagnostics& diagnostics) {
  Value result;
  result.kind = Value::Kind::map;
  result.place = map.place;
  bool complete = true;
  for (const Entry& entry : map.entries) {
    std::optional<Value> replaced = substitute(entry.value, diagnostics);
    std::string key = entry.key;
    if (mentions_var(key)) {
      Value use;
      use.kind = Value::Kind::scalar;
      use.text = key;
      use.place = entry.key_place;
      const Value* name = resolve(use, diagnostics);
      if (name != nullptr && !name->is_scalar())
        diagnostics.error(entry.key_place, fmt::format("'{}' stands for {}, which cannot be a key", key, describe(*name)));
      complete = complete && name != nullptr && name->is_scalar();
      if (complete) key = name->text;
    }
    if (result.find(key) != nullptr) diagnostics.error(entry.key_place, fmt::format("duplicate key '{}'", key));
    complete = complete && replaced && result.find(key) == nullptr;
    if (complete) result.entries.push_back({key, entry.key_place, std::move(*replaced)});
  }
  if (!complete) return std::nullopt;
  return result;
}

void Vars::warn_unused(Diagnostics& diagnostics) const {
  for (const auto& [name, var] : vars_)
    if (!var.used) diagnostics.warning(var.name_place, fmt::format("var '{}' is never used", name));
}

}  // namespace cnnctl
