#include "engine/network/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/diagnostics/suggestion.h"

namespace cnnctl {

std::string label_of(const std::string& name) { return name.substr(name.rfind('.') + 1); }

std::string NameLevel::take(const std::string& own, const Place& place, Diagnostics& diagnostics) {
  const std::string index = std::to_string(next_index_++);
  return own.empty() ? claim(index, place, diagnostics) : named().claim(own, place, diagnostics);
}

std::string NameLevel::claim(const std::string& name, const Place& place, Diagnostics& diagnostics, const std::string& hint) {
  const auto [first, is_new] = taken_.emplace(name, place);
  if (!is_new)
    diagnostics.add({Severity::error,
                     place,
                     fmt::format("duplicate name '{}' in this list of items", name),
                     hint,
                     {{first->second, fmt::format("the first '{}' is here", name)}}});
  return prefix_ + name;
}

ItemList ItemList::joining(ItemList& joined, std::optional<ValueId> input, const Value& items) {
  ItemList list(input, nullptr, items);
  list.joined_ = &joined;
  return list;
}

void ItemList::define(const std::string& name, std::optional<ValueId> value) {
  values_[name] = value;
  if (joined_ != nullptr) joined_->define(name, value);
}

std::optional<std::optional<ValueId>> ItemList::find(const std::string& name, const Place& place, Diagnostics& diagnostics) const {
  if (name == "input") return input_;
  for (const ItemList* list = this; list != nullptr; list = list->outer_)
    if (const auto found = list->values_.find(name); found != list->values_.end()) return found->second;
  report_missing(name, place, diagnostics);
  return std::nullopt;
}

/// What is called by an index alone is left out: that would be all the others.
std::vector<std::string> ItemList::visible_names() const {
  std::vector<std::string> names = {"input"};
  for (const ItemList* list = this; list != nullptr; list = list->outer_)
    for (const auto& [name, value] : list->values_)
      if (name.find_first_not_of("0123456789") != std::string::npos) names.push_back(name);
  return names;
}

void ItemList::report_missing(const std::string& name, const Place& place, Diagnostics& diagnostics) const {
  for (const ItemList* list = this; list != nullptr; list = list->outer_)
    for (std::size_t i = list->position_; i < list->items_.items.size(); ++i) {
      const auto written = written_name(list->items_.items[i]);
      if (!written || written->first != name) continue;
      const bool itself = i == list->position_;
      return diagnostics.add({Severity::error,
                              place,
                              itself ? fmt::format("a cycle: '{}' cannot be an input of itself", name)
                                     : fmt::format("'{}' comes later: an item can read only what stands before it", name),
                              "",
                              {{written->second, fmt::format("'{}' is here", name)}}});
    }
  const std::vector<std::string> names = visible_names();
  diagnostics.error(place, fmt::format("nothing before this item is called '{}'{}", name, did_you_mean(name, names)),
                    fmt::format("visible here: {}; what lies inside a group or a branch is not visible from outside", listed(names)));
}

}  // namespace cnnctl
