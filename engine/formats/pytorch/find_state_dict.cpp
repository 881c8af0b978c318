#include "engine/formats/pytorch/find_state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

/// Names under which training scripts save a state_dict, the likeliest first.
constexpr std::array<std::string_view, 9> usual_names = {"state_dict", "model_state_dict", "model_state", "model", "network",
                                                         "net",        "module",           "weights",     "params"};
constexpr int deepest_level = 4;  // of dictionaries in dictionaries

// A pickle names a text in two bytes as often as it likes, so texts are not copied without a bound.
constexpr std::size_t most_names = 1000;      // of what is left out
constexpr std::size_t most_names_shown = 10;  // in a message
constexpr std::size_t longest_name_shown = 100;
constexpr std::size_t longest_tensor_name = 1000;

using Item = std::pair<ValueId, ValueId>;

class Finder {
 public:
  Finder(const PickledValues& values, const std::string& path) : values_(values), path_(path), holds_tensors_(values.values.size()) {
    for (std::size_t id = 0; id < holds_tensors_.size(); ++id)
      if (const auto* dict = values_.get<PickledDict>(static_cast<ValueId>(id)))
        holds_tensors_[id] = std::any_of(dict->items.begin(), dict->items.end(), [&](const Item& item) { return is_named_tensor(item); });
  }

  StateDict find() const;

 private:
  [[noreturn]] void fail(const std::string& message) const { throw InputError(path_ + ": " + message); }

  bool is_named_tensor(const Item& item) const {
    return values_.get<std::string_view>(item.first) && values_.get<PickledTensor>(item.second);
  }
  std::string shown_name(ValueId key) const;
  std::string shown_names(const PickledDict& dict) const;
  const Item* find_next(ValueId id) const;
  void leave_out(StateDict& result, ValueId key) const {
    if (result.left_out.size() < most_names) result.left_out.push_back(shown_name(key));
  }

  const PickledValues& values_;
  const std::string& path_;
  std::vector<bool> holds_tensors_;  // of each value that is a dictionary
};

std::string Finder::shown_name(ValueId key) const {
  if (const auto* text = values_.get<std::string_view>(key)) return std::string(text->substr(0, longest_name_shown));
  if (const auto* number = values_.get<std::int64_t>(key)) return std::to_string(*number);
  return "?";
}

std::string Finder::shown_names(const PickledDict& dict) const {
  std::string text;
  for (std::size_t i = 0; i < std::min(most_names_shown, dict.items.size()); ++i)
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", shown_name(dict.items[i].first));
  if (dict.items.size() > most_names_shown) text += fmt::format(" and {} more", dict.items.size() - most_names_shown);
  return text.empty() ? "nothing" : text;
}

/// The item of the dictionary to go on with; null where the dictionary is the state_dict itself, or there is none in it.
const Item* Finder::find_next(ValueId id) const {
  const auto& items = values_.get<PickledDict>(id)->items;
  for (const std::string_view name : usual_names)
    for (const Item& item : items)
      if (const auto* key = values_.get<std::string_view>(item.first); key && *key == name && values_.get<PickledDict>(item.second))
        return &item;
  if (holds_tensors_[id]) return nullptr;
  const Item* only = nullptr;
  for (const Item& item : items) {
    if (!holds_tensors_[item.second]) continue;
    if (only)
      fail(
          fmt::format("holds several dictionaries of tensors ('{}', '{}') and none under a usual name such as 'state_dict'; save the one "
                      "you mean alone, in Python",
                      shown_name(only->first), shown_name(item.first)));
    only = &item;
  }
  return only;
}

StateDict Finder::find() const {
  StateDict result;
  ValueId id = values_.root;
  if (!values_.get<PickledDict>(id)) fail("holds no state_dict, a dictionary of tensors, but another value");
  for (int level = 1; level < deepest_level; ++level) {
    const Item* next = find_next(id);
    if (!next) break;
    for (const Item& item : values_.get<PickledDict>(id)->items)
      if (&item != next) leave_out(result, item.first);
    result.key += (result.key.empty() ? "" : ".") + shown_name(next->first);
    id = next->second;
  }
  const auto* dict = values_.get<PickledDict>(id);
  if (!holds_tensors_[id] && !dict->items.empty())
    fail(fmt::format("holds no state_dict, a dictionary of tensors; there is {}", shown_names(*dict)));
  for (const Item& item : dict->items) {
    if (!is_named_tensor(item)) {
      leave_out(result, item.first);
      continue;
    }
    const std::string_view name = *values_.get<std::string_view>(item.first);
    if (name.size() > longest_tensor_name) fail(fmt::format("has a tensor whose name has {} bytes", name.size()));
    result.tensors.insert_or_assign(std::string(name), *values_.get<PickledTensor>(item.second));
  }
  return result;
}

}  // namespace

StateDict find_state_dict(const PickledValues& values, const std::string& path) { return Finder(values, path).find(); }

}  // namespace cnnctl
