#include "engine/network/environment.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/diagnostics/suggestion.h"
#include "engine/network/expression.h"

namespace cnnctl {
namespace {

constexpr int max_levels = 100;
constexpr std::int64_t max_values = 100'000;  // in one item or section
constexpr std::size_t bytes_of_value = 1024;  // a longer text counts as several values

constexpr std::array<std::string_view, 4> special_names = {"index", "in_channels", "in_height", "in_width"};

bool is_reference(std::string_view text) { return text.starts_with('$') && !text.starts_with("${"); }

Bound computed(Value value, const Environment& environment) {
  auto owned = std::make_shared<const Value>(std::move(value));
  return {owned.get(), &environment, nullptr, owned};
}

void report_unknown(std::string_view name, const Place& place, const Environment& environment, Diagnostics& diagnostics) {
  if (!is_identifier(name))
    return diagnostics.error(place, fmt::format("'${}' is no var: after $ comes a name and nothing else", name),
                             "inside longer text, and for arithmetic, write ${...}");
  if (!environment.may_list_names(place, diagnostics)) return;
  const std::vector<std::string> names = environment.names();
  diagnostics.error(place, fmt::format("unknown var '{}'{}", name, did_you_mean(name, names)),
                    names.empty() ? fmt::format("this config has no vars; add vars: {{{}: ...}} at the top level", name)
                                  : fmt::format("known here: {}", listed(names)));
}

/// Follows names until a value is reached that is none.
class Resolution {
 public:
  explicit Resolution(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  std::optional<Bound> resolve(const Value& value, const Environment& environment) {
    if (!value.is_scalar()) return Bound{&value, &environment};
    // As $name, so that what it stands for keeps the meaning that it has where it is written.
    if (const std::string_view name = sole_name(value.text); !name.empty()) return follow(name, value.place, environment);
    if (holds_expression(value.text)) {
      std::optional<Value> result = evaluate_text(value, environment, diagnostics_);
      if (!result) return std::nullopt;
      return computed(std::move(*result), environment);
    }
    if (!is_reference(value.text)) return Bound{&value, &environment};
    return follow(std::string_view(value.text).substr(1), value.place, environment);
  }

 private:
  std::optional<Bound> follow(std::string_view name, const Place& place, const Environment& environment) {
    if (is_special(name)) {
      const auto found = environment.special(name);
      if (!found) return std::nullopt;
      return computed(scalar_value(std::to_string(*found), place), environment);
    }
    const Environment::Binding* binding = environment.find(name);
    if (binding == nullptr) {
      report_unknown(name, place, environment, diagnostics_);
      return std::nullopt;
    }
    binding->used = true;
    if (!binding->known) binding->known = work_out(*binding, name);
    return binding->known;
  }

  std::optional<Bound> work_out(const Environment::Binding& binding, std::string_view name) {
    const Environment& environment = *binding.bound.environment;
    if (binding.busy || !environment.enter()) {
      diagnostics_.error(binding.name_place, binding.busy ? fmt::format("var '{}' uses itself", name)
                                                          : fmt::format("'{}' is reached through more than {} names", name, max_levels));
      return std::nullopt;
    }
    binding.busy = true;
    std::optional<Bound> result = resolve(*binding.bound.value, environment);
    binding.busy = false;
    environment.leave();
    if (result && result->list == nullptr) result->list = binding.bound.list;
    return result;
  }

  Diagnostics& diagnostics_;
};

class Substitution {
 public:
  explicit Substitution(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  std::optional<Value> substitute(const Value& value, const Environment& environment) {
    if (!count(1, value.place, environment)) return std::nullopt;
    const std::optional<Bound> bound = cnnctl::resolve(value, environment, diagnostics_);
    if (!bound || !count_text(bound->value->text, value.place, environment)) return std::nullopt;
    if (bound->value->is_list() || bound->value->is_map()) return inside(*bound);
    Value result = *bound->value;
    result.place = value.place;
    return result;
  }

 private:
  bool count(std::int64_t values, const Place& place, const Environment& environment) {
    if (failed_) return false;
    values_ += values;
    if (values_ > max_values) {
      diagnostics_.error(place, fmt::format("this grows to more than {} values once the vars in it are replaced", max_values));
      failed_ = true;
    }
    return !failed_ && environment.spend(values, place, diagnostics_);
  }

  bool count_text(const std::string& text, const Place& place, const Environment& environment) {
    return count(static_cast<std::int64_t>(text.size() / bytes_of_value), place, environment);
  }

  std::optional<Value> inside(const Bound& bound) {
    if (++depth_ > max_levels) {
      if (!failed_)
        diagnostics_.error(bound.value->place,
                           fmt::format("this nests deeper than {} levels once the vars in it are replaced", max_levels));
      failed_ = true;
    }
    std::optional<Value> result;
    if (!failed_) result = bound.value->is_list() ? list(bound) : map(bound);
    --depth_;
    return result;
  }

  std::optional<Value> list(const Bound& bound) {
    Value result;
    result.kind = Value::Kind::list;
    result.place = bound.value->place;
    bool complete = true;
    for (const Value& item : bound.value->items) {
      std::optional<Value> replaced = substitute(item, *bound.environment);
      complete = complete && replaced.has_value();
      if (complete) result.items.push_back(std::move(*replaced));
    }
    if (!complete) return std::nullopt;
    return result;
  }

  std::optional<Value> map(const Bound& bound) {
    Value result;
    result.kind = Value::Kind::map;
    result.place = bound.value->place;
    bool complete = true;
    for (const Entry& entry : bound.value->entries) {
      const std::optional<std::string> key = substitute_key(entry, *bound.environment);
      std::optional<Value> replaced = substitute(entry.value, *bound.environment);
      if (key && result.find(*key) != nullptr) {
        diagnostics_.error(entry.key_place, fmt::format("duplicate key '{}'", *key));
        complete = false;
      }
      complete = complete && key && replaced;
      if (complete) result.entries.push_back({*key, entry.key_place, std::move(*replaced)});
    }
    if (!complete) return std::nullopt;
    return result;
  }

  std::optional<std::string> substitute_key(const Entry& entry, const Environment& environment) {
    if (entry.key.find('$') == std::string::npos) return entry.key;
    const Value use = scalar_value(entry.key, entry.key_place);
    const std::optional<Bound> bound = cnnctl::resolve(use, environment, diagnostics_);
    if (!bound || !count_text(bound->value->text, entry.key_place, environment)) return std::nullopt;
    if (bound->value->is_scalar()) return bound->value->text;
    diagnostics_.error(entry.key_place, fmt::format("'{}' stands for {}, which cannot be a key", entry.key, describe(*bound->value)));
    return std::nullopt;
  }

  Diagnostics& diagnostics_;
  std::int64_t values_ = 0;
  int depth_ = 0;
  bool failed_ = false;
};

}  // namespace

bool is_special(std::string_view name) { return std::find(special_names.begin(), special_names.end(), name) != special_names.end(); }

bool is_identifier(std::string_view name) {
  const auto is_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 && std::all_of(name.begin(), name.end(), is_word);
}

void Environment::bind(const std::string& name, const Place& name_place, Bound bound) {
  if (bound.environment == nullptr) bound.environment = this;
  Binding& binding = bindings_[name];
  binding.bound = std::move(bound);
  binding.name_place = name_place;
}

const Environment::Binding* Environment::find(std::string_view name) const {
  for (const Environment* e = this; e != nullptr; e = e->outer_)
    if (const auto found = e->bindings_.find(name); found != e->bindings_.end()) return &found->second;
  return nullptr;
}

std::vector<std::string> Environment::names() const {
  std::vector<std::string> result;
  std::set<std::string_view> seen;
  for (const Environment* e = this; e != nullptr; e = e->outer_)
    for (const auto& [name, binding] : e->bindings_)
      if (seen.insert(name).second) result.push_back(name);
  return result;
}

bool Environment::may_list_names(const Place& place, Diagnostics& diagnostics) const {
  std::size_t count = 0;
  for (const Environment* e = this; e != nullptr; e = e->outer_) count += e->bindings_.size();
  return spend(cost_of_name * static_cast<std::int64_t>(count), place, diagnostics);
}

const Environment& Environment::outermost() const {
  const Environment* e = this;
  while (e->outer_ != nullptr) e = e->outer_;
  return *e;
}

bool Environment::enter() const {
  int& levels = outermost().levels_;
  if (levels == max_levels) return false;
  ++levels;
  return true;
}

void Environment::leave() const { --outermost().levels_; }

std::int64_t Environment::index() const {
  for (const Environment* e = this; e != nullptr; e = e->outer_)
    if (e->index_) return *e->index_;
  return 0;
}

const std::optional<Shape>& Environment::entrance() const {
  const Environment* e = this;
  while (!e->has_entrance_ && e->outer_ != nullptr) e = e->outer_;
  return e->entrance_;
}

std::optional<std::int64_t> Environment::special(std::string_view name) const {
  if (name == "index") return index();
  const std::optional<Shape>& shape = entrance();
  if (!shape) return std::nullopt;
  return name == "in_channels" ? shape->channels : name == "in_height" ? shape->height : shape->width;
}

bool Environment::spend(std::int64_t values, const Place& place, Diagnostics& diagnostics) const {
  std::int64_t& budget = outermost().budget_;
  if (budget < 0) return false;
  budget -= values;
  if (budget < 0) diagnostics.error(place, "the vars and blocks of this config grow too large where they are used");
  return budget >= 0;
}

std::optional<Bound> resolve(const Value& value, const Environment& environment, Diagnostics& diagnostics) {
  return Resolution(diagnostics).resolve(value, environment);
}

std::optional<Bound> resolve_items(std::string_view what, const Value& value, const Environment& environment, Diagnostics& diagnostics) {
  std::optional<Bound> items = resolve(value, environment, diagnostics);
  if (!items || items->value->is_list()) return items;
  diagnostics.error(value.place, fmt::format("{} must be a list of items, not {}", what, describe(*items->value)));
  return std::nullopt;
}

std::optional<Value> substitute(const Value& value, const Environment& environment, Diagnostics& diagnostics) {
  return Substitution(diagnostics).substitute(value, environment);
}

}  // namespace cnnctl
