#include "engine/config/set.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/config/assignment.h"
#include "engine/diagnostics/suggestion.h"

namespace cnnctl {
namespace {

/// How a value was reached, which says what it can be.
enum class Reached {
  as_value,    // anything
  as_setting,  // under a key of a section (train.optimizer): a map of one key with arguments is an item
  by_index,    // in a list: an item
  by_name,     // in a list, by its name
};

bool is_index(const std::string& part) { return part.find_first_not_of("0123456789") == std::string::npos; }

/// Whether a scalar can be an item's type: what the config calls things, not a number or a `$name`.
bool is_type_name(const Value& value) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  const std::string& text = value.text;
  return !text.empty() && (text[0] < '0' || text[0] > '9') && text[0] != '-' && text != "true" && text != "false" &&
         std::all_of(text.begin(), text.end(), is_word);
}

/// The name of a list's item; "" where it has none.
std::string name_of(const Value& item) {
  const auto name = written_name(item);
  return name ? name->first : "";
}

/// "fc", or for an item without a name "2 (flatten)".
std::string label_of(const Value& item, std::size_t index) {
  std::string name = name_of(item);
  if (!name.empty()) return name;
  if (item.is_scalar()) return fmt::format("{} ({})", index, item.text);
  return item.is_map() && item.entries.size() == 1 ? fmt::format("{} ({})", index, item.entries.front().key) : std::to_string(index);
}

Value map_of(std::string key, Place key_place, Value value) {
  Value map;
  map.kind = Value::Kind::map;
  map.place = key_place;
  map.entries.push_back({std::move(key), std::move(key_place), std::move(value)});
  return map;
}

/// Walks along an assignment's path. Each step returns false where the mistake was reported.
class Walk {
 public:
  Walk(const Assignment& assignment, Diagnostics& diagnostics) : assignment_(assignment), diagnostics_(diagnostics) {}

  /// Goes into `value`, which the first `done` parts lead to, or replaces it where they are all.
  bool enter(Value& value, std::size_t done, Reached reached) {
    if (done == path().size()) {
      value = assignment_.value;
      return true;
    }
    if (value.is_list()) return enter_list(value, done);
    if (reached != Reached::as_value && is_item(value, reached)) return enter_item(value, done, reached);
    if (value.is_scalar()) return fail(done, fmt::format("{} is {}, which has nothing inside", called(done), describe(value)));
    return enter_map(value, done);
  }

 private:
  const std::vector<Assignment::Part>& path() const { return assignment_.path; }
  std::string called(std::size_t done) const { return done == 0 ? "the config" : assignment_.path_text(done); }

  bool fail(std::size_t part, std::string message, std::string hint = "") {
    diagnostics_.error(path()[part].place, std::move(message), std::move(hint));
    return false;
  }

  static bool is_item(const Value& value, Reached reached) {
    if (value.is_scalar()) return is_type_name(value);
    if (!value.is_map() || value.entries.size() != 1) return false;
    const Value& inside = value.entries.front().value;
    const bool is_group = inside.is_list() && reached != Reached::as_setting;
    return inside.is_null() || inside.is_map() || is_group;
  }

  bool enter_map(Value& map, std::size_t done) {
    // vars and blocks hold what the user likes, train.groups patterns; the other sections hold settings.
    const std::string& first = path()[0].name;
    const bool is_section = done == 1 && first != "vars" && first != "blocks" && !(first == "train" && path()[1].name == "groups");
    return enter(value_of(map, path()[done]), done + 1, is_section ? Reached::as_setting : Reached::as_value);
  }

  /// The value of a key, which is made where it is missing. `map` is a map or null.
  static Value& value_of(Value& map, const Assignment::Part& part) {
    if (Value* found = map.find(part.name)) return *found;
    map.kind = Value::Kind::map;
    Value nothing;
    nothing.place = part.place;
    map.entries.push_back({part.name, part.place, std::move(nothing)});
    return map.entries.back().value;
  }

  bool enter_list(Value& list, std::size_t done) {
    const std::string& part = path()[done].name;
    if (is_index(part)) {
      std::size_t index = list.items.size();
      std::from_chars(part.data(), part.data() + part.size(), index);
      return index < list.items.size() ? enter(list.items[index], done + 1, Reached::by_index) : fail_to_find(list, done);
    }
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < list.items.size(); ++i)
      if (name_of(list.items[i]) == part) found.push_back(i);
    if (found.empty()) return fail_to_find(list, done);
    if (found.size() > 1)
      return fail(done, fmt::format("{} items of {} are called '{}'", found.size(), called(done), part),
                  fmt::format("take one by its index: {}", fmt::join(found, ", ")));
    return enter(list.items[found.front()], done + 1, Reached::by_name);
  }

  bool fail_to_find(const Value& list, std::size_t done) {
    std::vector<std::string> names;
    std::vector<std::string> labels;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      names.push_back(name_of(list.items[i]));
      labels.push_back(label_of(list.items[i], i));
    }
    const std::string& part = path()[done].name;
    return fail(done, fmt::format("{} has no item '{}'{}", called(done), part, is_index(part) ? "" : did_you_mean(part, names)),
                labels.empty() ? "the list is empty" : "its items are " + listed(labels));
  }

  bool enter_item(Value& item, std::size_t done, Reached reached) {
    if (item.is_scalar()) item = map_of(item.text, item.place, {});
    Entry& entry = item.entries.front();
    const bool names_type = path()[done].name == entry.key;
    // A group's key is its name: where it led here, the next part is already one of its items.
    if (entry.value.is_list()) return enter(entry.value, names_type && reached != Reached::by_name ? done + 1 : done, Reached::as_value);
    if (names_type && done + 1 == path().size()) return enter(entry.value, done + 1, Reached::as_value);
    return enter_arguments(entry, names_type ? done + 1 : done, names_type);
  }

  bool enter_arguments(Entry& item, std::size_t done, bool type_was_named) {
    const std::string& part = path()[done].name;
    if (!item.value.find(part)) {
      Value* layers = item.key == "group" ? item.value.find("layers") : nullptr;
      const bool is_argument_of_group = part == "name" || part == "from" || part == "repeat" || part == "when";
      if (layers != nullptr && layers->is_list() && !is_argument_of_group) return enter_list(*layers, done);
      const bool looks_like_item = done + 1 < path().size() || assignment_.value.is_map();
      if (looks_like_item && !type_was_named) return fail_with_another_type(item, done);
    }
    if (item.value.is_null()) item.value.place = item.key_place;
    return enter(value_of(item.value, path()[done]), done + 1, Reached::as_value);
  }

  bool fail_with_another_type(const Entry& item, std::size_t done) {
    Value replacement = assignment_.value;
    for (std::size_t i = path().size(); i > done; --i) replacement = map_of(path()[i - 1].name, {}, std::move(replacement));
    return fail(done, fmt::format("{} is {}, not {}", called(done), item.key, path()[done].name),
                fmt::format("to replace it, write --set '{}={}'", called(done), to_yaml_inline(replacement)));
  }

  const Assignment& assignment_;
  Diagnostics& diagnostics_;
};

}  // namespace

void apply_set(Value& root, const std::string& assignment, Diagnostics& diagnostics) {
  const std::optional<Assignment> read = read_assignment(assignment, diagnostics);
  if (!read) return;
  Value changed = root;
  if (Walk(*read, diagnostics).enter(changed, 0, Reached::as_value)) root = std::move(changed);
}

}  // namespace cnnctl
