#include "engine/network/item.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "engine/diagnostics/suggestion.h"
#include "engine/network/not_yet.h"
#include "engine/schema/schema.h"

namespace cnnctl {
namespace {

constexpr std::size_t max_name_length = 64;

/// The arguments that every item takes, whatever its type.
const std::vector<std::string> item_arguments = {"name", "repeat", "when"};

/// Types of items that bring branches.
const std::vector<std::string> branching_types = {"residual", "concat", "add", "multiply"};

/// What PyTorch's layers are told and ours see for themselves.
const std::vector<std::string> inferred_arguments = {"in_channels", "in_features", "num_features"};

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool check_name(std::string_view name, const Place& place, Diagnostics& diagnostics) {
  const auto is_allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  if (!name.empty() && name.size() <= max_name_length && std::all_of(name.begin(), name.end(), is_allowed)) return true;
  diagnostics.error(place, fmt::format("'{}' cannot be a name", name),
                    fmt::format("a name consists of 1 to {} letters, digits, '_' and '-'", max_name_length));
  return false;
}

bool read_name(const Value& value, ModelItem& item, Diagnostics& diagnostics) {
  if (!value.is_scalar()) {
    diagnostics.error(value.place, fmt::format("name must be a text, not {}", describe(value)));
    return false;
  }
  item.name = value.text;
  item.name_place = value.place;
  return check_name(item.name, value.place, diagnostics);
}

/// Reads one of item_arguments; false where its value is wrong.
bool read_item_argument(const Entry& entry, ModelItem& item, Diagnostics& diagnostics) {
  if (entry.key == "name") return read_name(entry.value, item, diagnostics);
  Argument argument;
  argument.name = entry.key;
  if (entry.key == "when") return read_value(entry.value, argument, item.when, diagnostics);
  argument.range = between(0, static_cast<double>(max_items));
  return read_value(entry.value, argument, item.repeat, diagnostics);
}

/// Reports a key that belongs to no layer but looks as if it belonged to every one; false for any other. `own`: the layer's arguments.
bool report_foreign(const Entry& entry, const std::string& type, const std::vector<std::string>& own, Diagnostics& diagnostics) {
  if (contains(own, entry.key)) return false;
  std::vector<std::string> known = own;
  known.insert(known.end(), item_arguments.begin(), item_arguments.end());
  if (entry.key == "from") {
    report_not_yet(entry.key_place, "'from'", diagnostics, "an item's input is the item before it");
  } else if (contains(inferred_arguments, entry.key)) {
    diagnostics.error(entry.key_place, fmt::format("{} takes {} from its input", type, entry.key), "leave it out");
  } else if (const std::string near = suggestion(entry.key, known); contains(item_arguments, near)) {
    diagnostics.error(entry.key_place, fmt::format("unknown argument '{}' for {}; did you mean '{}'?", entry.key, type, near));
  } else {
    return false;
  }
  return true;
}

/// Moves what every item takes from `arguments` (null or a map) to `item`; what is left is the layer's own. False where there were
/// mistakes.
bool take_item_arguments(Value& arguments, const std::vector<std::string>& own, ModelItem& item, Diagnostics& diagnostics) {
  bool valid = true;
  std::erase_if(arguments.entries, [&](const Entry& entry) {
    const bool is_common = contains(item_arguments, entry.key);
    const bool is_foreign = !is_common && report_foreign(entry, item.type, own, diagnostics);
    if (is_common) valid = read_item_argument(entry, item, diagnostics) && valid;
    valid = valid && !is_foreign;
    return is_common || is_foreign;
  });
  if (!item.name.empty() && item.repeat > 1) {
    diagnostics.error(item.name_place, fmt::format("repeat makes {} items that would all be called '{}'", item.repeat, item.name),
                      "leave out name: each is then called by its index");
    valid = false;
  }
  return valid;
}

std::vector<std::string> argument_names(const Declaration& declaration) {
  std::vector<std::string> names;
  for (const Argument& argument : declaration.arguments) names.push_back(argument.name);
  return names;
}

void report_unknown_layer(const Item& item, Diagnostics& diagnostics) {
  if (contains(branching_types, item.type)) return report_not_yet(item.type_place, fmt::format("'{}'", item.type), diagnostics);
  std::vector<std::string> names = {"group"};
  for (const LayerType& type : layer_types()) names.push_back(type.declaration->name);
  const std::string meant = did_you_mean(item.type, names);
  diagnostics.error(item.type_place, fmt::format("unknown layer '{}'{}", item.type, meant),
                    meant.empty() ? fmt::format("known layers: {}; a group's value is a list of items", fmt::join(names, ", ")) : "");
}

std::optional<ModelItem> read_layer(const Value& value, Vars& vars, Diagnostics& diagnostics) {
  if (value.is_null()) {
    diagnostics.error(value.place, "an item without content", "write a layer or a group behind the '-', or remove it");
    return std::nullopt;
  }
  const std::optional<Value> replaced = vars.substitute(value, diagnostics);
  if (!replaced) return std::nullopt;
  std::optional<Item> read = read_item(*replaced, "layer", diagnostics);
  if (!read) return std::nullopt;
  const LayerType* type = find_layer_type(read->type);
  if (type == nullptr) {
    report_unknown_layer(*read, diagnostics);
    return std::nullopt;
  }
  ModelItem item{.type = read->type, .place = read->type_place};
  const bool valid = take_item_arguments(read->arguments, argument_names(*type->declaration), item, diagnostics);
  item.build = type->read(read->arguments, read->type_place, diagnostics);
  if (!valid) item.build = nullptr;
  return item;
}

/// `group: {name, layers, repeat, when}`.
std::optional<ModelItem> read_long_group(const Value& map, const Place& place, Vars& vars, Diagnostics& diagnostics) {
  ModelItem item{.type = "group", .place = place};
  Value others = map;
  std::erase_if(others.entries, [](const Entry& entry) { return entry.key == "layers"; });
  std::optional<Value> arguments = vars.substitute(others, diagnostics);
  if (!arguments) return std::nullopt;
  bool valid = take_item_arguments(*arguments, {"layers"}, item, diagnostics);
  report_unknown_keys(*arguments, {"name", "layers", "repeat", "when"}, "group", diagnostics);
  valid = valid && arguments->entries.empty();

  const Value* layers = map.find("layers");
  if (layers == nullptr) {
    diagnostics.error(place, "group needs layers (a list of items)", "write group: {layers: [...]}");
    return std::nullopt;
  }
  item.group = vars.resolve(*layers, diagnostics);
  if (item.group != nullptr && !item.group->is_list()) {
    diagnostics.error(layers->place, fmt::format("layers must be a list of items, not {}", describe(*item.group)));
    return std::nullopt;
  }
  if (!valid || item.group == nullptr) return std::nullopt;
  return item;
}

/// `{name: [items]}`; nothing where the name is wrong.
std::optional<ModelItem> read_named_group(const std::string& name, const Place& place, const Value& items, Diagnostics& diagnostics) {
  if (!check_name(name, place, diagnostics)) return std::nullopt;
  return ModelItem{.type = "group", .place = place, .group = &items, .name = name, .name_place = place};
}

}  // namespace

std::optional<ModelItem> read_model_item(const Value& value, Vars& vars, Diagnostics& diagnostics) {
  if (value.is_list()) return ModelItem{.type = "group", .place = value.place, .group = &value};
  if (value.is_map() && value.entries.size() == 1) {
    const Entry& entry = value.entries.front();
    const Value* content = vars.resolve(entry.value, diagnostics);
    if (content == nullptr) return std::nullopt;
    if (content->is_list()) return read_named_group(entry.key, entry.key_place, *content, diagnostics);
    if (entry.key == "group" && content->is_map()) return read_long_group(*content, entry.key_place, vars, diagnostics);
  }
  return read_layer(value, vars, diagnostics);
}

}  // namespace cnnctl
