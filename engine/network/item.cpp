#include "engine/network/item.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/diagnostics/suggestion.h"
#include "engine/schema/schema.h"

namespace cnnctl {
namespace {

constexpr std::size_t max_name_length = 64;

/// What PyTorch's layers are told and ours see for themselves.
const std::vector<std::string> inferred_arguments = {"in_channels", "in_features", "num_features"};

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::vector<std::string> argument_names(const Declaration& declaration) {
  std::vector<std::string> names;
  for (const Argument& argument : declaration.arguments) names.push_back(argument.name);
  return names;
}

const std::vector<std::string>& item_arguments() {
  static const std::vector<std::string> names = argument_names(item_declaration());
  return names;
}

/// An item's own arguments and those that every item takes.
std::vector<std::string> with_item_arguments(std::vector<std::string> own) {
  own.insert(own.end(), item_arguments().begin(), item_arguments().end());
  return own;
}

/// Reads `repeat` or `when`, if that can be worked out already.
template <class T>
bool read_now(const Entry& entry, const Argument& argument, const Environment& environment, T& out, Diagnostics& diagnostics) {
  Diagnostics found;
  const std::optional<Value> value = substitute(entry.value, environment, found);
  if (value) read_value(*value, argument, out, found);
  diagnostics.add(found);
  return !found.has_errors();
}

/// Takes one of item_arguments; false where its value is wrong.
bool take_item_argument(const Entry& entry, ModelItem& item, Diagnostics& diagnostics) {
  Argument argument;
  argument.name = entry.key;
  if (entry.key == "name") {
    item.name = entry.value;
  } else if (entry.key == "from") {
    item.from = entry.value;
  } else if (entry.key == "when") {
    item.when = false;  // where a shape that it depends on is unknown
    return read_now(entry, argument, *item.environment, item.when, diagnostics);
  } else {
    item.counts = true;
    argument.range = between(0, static_cast<double>(max_items));
    return read_now(entry, argument, *item.environment, item.repeat, diagnostics);
  }
  return true;
}

/// Reports a key that belongs to no layer but looks as if it belonged to every one; false for any other. `own`: the item's arguments.
bool report_foreign(const Entry& entry, const std::string& type, const std::vector<std::string>& own, Diagnostics& diagnostics) {
  if (contains(own, entry.key)) return false;
  if (contains(inferred_arguments, entry.key)) {
    diagnostics.error(entry.key_place, fmt::format("{} takes {} from its input", type, entry.key), "leave it out");
  } else if (const std::string near = suggestion(entry.key, with_item_arguments(own)); contains(item_arguments(), near)) {
    diagnostics.error(entry.key_place, fmt::format("unknown argument '{}' for {}{}", entry.key, type, as_question(near)));
  } else {
    return false;
  }
  return true;
}

/// Moves what every item takes from the item's arguments to its members; what is left is its own.
void take_item_arguments(ModelItem& item, const std::vector<std::string>& own, Diagnostics& diagnostics) {
  std::erase_if(item.arguments.entries, [&](const Entry& entry) {
    const bool is_common = is_item_argument(entry.key);
    const bool is_foreign = !is_common && report_foreign(entry, item.type, own, diagnostics);
    if (is_common) item.valid = take_item_argument(entry, item, diagnostics) && item.valid;
    if (is_foreign) item.valid = false;
    return is_common || is_foreign;
  });
  const bool same_name = item.name && item.name->is_scalar() && item.name->text.find('$') == std::string::npos;
  if (same_name && item.repeat > 1) {
    diagnostics.error(
        item.name->place, fmt::format("repeat makes {} items that would all be called '{}'", item.repeat, item.name->text),
        "leave out name: each is then called by its index; or let the name hold one: name: \"" + item.name->text + "${index}\"");
    item.valid = false;
  }
}

constexpr std::size_t most_types_listed = 100;  // all of cnnctl's own, and a config's blocks

void report_unknown_type(const std::string& type, const Place& place, const Blocks& blocks, Diagnostics& diagnostics) {
  std::vector<std::string> names = {"group"};
  for (const Branching& branching : branching_types()) names.push_back(branching.declaration.name);
  for (const LayerType& layer : layer_types()) names.push_back(layer.declaration->name);
  for (const std::string& block : blocks.names()) names.push_back(block);
  const std::string meant = did_you_mean(type, names);
  diagnostics.error(
      place, fmt::format("unknown layer '{}'{}", type, meant),
      meant.empty() ? fmt::format("known layers: {}; a group's value is a list of items", listed(names, most_types_listed)) : "");
}

/// The names of the type's own arguments; nothing, with the mistake reported, where there is no such type.
std::optional<std::vector<std::string>> find_type(ModelItem& item, const Blocks& blocks, Diagnostics& diagnostics) {
  if (item.layer = find_layer_type(item.type); item.layer != nullptr) return argument_names(*item.layer->declaration);
  if (item.branching = find_branching(item.type); item.branching != nullptr) return argument_names(item.branching->declaration);
  if (item.block = blocks.find(item.type); item.block != nullptr) {
    item.block->used = true;
    return argument_names(item.block->declaration);
  }
  if (!blocks.is_broken(item.type)) report_unknown_type(item.type, item.place, blocks, diagnostics);
  return std::nullopt;
}

std::optional<ModelItem> read_typed(const Value& value, const Environment& environment, const Blocks& blocks, Diagnostics& diagnostics) {
  std::optional<Item> read = read_item(value, "layer", diagnostics);
  if (!read) return std::nullopt;
  ModelItem item{.type = read->type, .place = read->type_place, .arguments = std::move(read->arguments), .environment = &environment};
  const auto own = find_type(item, blocks, diagnostics);
  if (!own) return std::nullopt;
  take_item_arguments(item, *own, diagnostics);
  return item;
}

/// `group: {name, layers, from, repeat, when}`.
std::optional<ModelItem> read_long_group(const Bound& map, const Place& place, Diagnostics& diagnostics) {
  ModelItem item{.type = "group", .place = place, .arguments = *map.value, .environment = map.environment};
  const std::vector<std::string> own = argument_names(group_declaration());
  take_item_arguments(item, own, diagnostics);
  report_unknown_keys(item.arguments, with_item_arguments(own), group_declaration().name, diagnostics);
  item.valid = item.valid && item.arguments.entries.size() <= 1;

  const Value* layers = map.value->find("layers");
  if (layers == nullptr) {
    diagnostics.error(place, "group needs layers (a list of items)", "write group: {layers: [...]}");
    return std::nullopt;
  }
  item.group = resolve_items("layers", *layers, *map.environment, diagnostics);
  if (!item.group) return std::nullopt;
  return item;
}

/// Warns of a list behind the word for an item with branches: it makes a group, as behind any word, but that is hardly what was meant.
void warn_of_list(const Entry& entry, Diagnostics& diagnostics) {
  const Branching* const branching = find_branching(entry.key);
  if (branching == nullptr) return;
  diagnostics.warning(entry.key_place, fmt::format("a list makes this a group called '{}', whose items follow one another", entry.key),
                      branching->joining == Joining::residual
                          ? "for a residual connection write residual: {body: [...]}"
                          : fmt::format("to join branches write {}: {{branches: [[...], [...]]}}", entry.key));
}

/// `{name: [items]}`.
ModelItem named_group(const std::string& name, const Place& place, const Bound& items, const Environment& environment) {
  return ModelItem{.type = "group", .place = place, .group = items, .environment = &environment, .name = scalar_value(name, place)};
}

/// A map of one key, which may hold a name or an expression.
std::optional<ModelItem> read_entry(const Bound& bound, const Blocks& blocks, Diagnostics& diagnostics) {
  const Entry& entry = bound.value->entries.front();
  const std::optional<Bound> content = resolve(entry.value, *bound.environment, diagnostics);
  if (!content) return std::nullopt;
  if (content->value->is_list()) {
    warn_of_list(entry, diagnostics);
    return named_group(entry.key, entry.key_place, *content, *bound.environment);
  }
  if (entry.key == "group" && content->value->is_map()) return read_long_group(*content, entry.key_place, diagnostics);

  const Value key = scalar_value(entry.key, entry.key_place);
  const std::optional<Bound> type = resolve(key, *bound.environment, diagnostics);
  if (!type) return std::nullopt;
  if (!type->value->is_scalar()) {
    diagnostics.error(entry.key_place, fmt::format("'{}' stands for {}, which cannot be a key", entry.key, describe(*type->value)));
    return std::nullopt;
  }
  Value item;
  item.kind = Value::Kind::map;
  item.place = bound.value->place;
  item.entries.push_back({type->value->text, entry.key_place, *content->value});
  return read_typed(item, *content->environment, blocks, diagnostics);
}

}  // namespace

bool is_item_type(std::string_view name) { return name == "group" || find_layer_type(name) != nullptr || find_branching(name) != nullptr; }

bool is_item_argument(std::string_view name) { return contains(item_arguments(), name); }

const Declaration& item_declaration() {
  static const Declaration declaration = {
      "item",
      "What every item takes beside its own arguments, be it a layer, a group, an item with branches or a block.",
      "",
      {{"name", "string", false, "its index", {}, {}, "what it is called in its list: letters, digits, _ and -; may hold ${...}"},
       {"from", "name", false, "the item before", {}, {}, "the earlier item that it reads; input: what enters the list"},
       {"repeat", "integer", false, "1", between(0, static_cast<double>(max_items)), {}, "so many in a row; index counts them from 0"},
       {"when", "boolean", false, "true", {}, {}, "absent where false, and then it takes no index"}}};
  return declaration;
}

const Declaration& group_declaration() {
  static const Declaration declaration = {"group",
                                          "Items as a level of their own, in names too. In short: a list, or name: [...].",
                                          "torch.nn.Sequential",
                                          {{"layers", "list of items", true, "", {}, {}, "what is in it; [] is the identity"}}};
  return declaration;
}

bool check_item_name(std::string_view name, const Place& place, Diagnostics& diagnostics) {
  const auto is_allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  if (name == "input") {
    diagnostics.error(place, "'input' cannot be a name: from: input stands for what enters the list");
    return false;
  }
  if (!name.empty() && name.size() <= max_name_length && std::all_of(name.begin(), name.end(), is_allowed)) return true;
  diagnostics.error(place, fmt::format("'{}' cannot be a name", name),
                    fmt::format("a name consists of 1 to {} letters, digits, '_' and '-'", max_name_length));
  return false;
}

std::optional<ModelItem> read_model_item(const Bound& bound, const Blocks& blocks, Diagnostics& diagnostics) {
  const Value& value = *bound.value;
  if (value.is_list()) return ModelItem{.type = "group", .place = value.place, .group = bound, .environment = bound.environment};
  if (value.is_map() && value.entries.size() == 1) return read_entry(bound, blocks, diagnostics);
  if (value.is_null()) {
    diagnostics.error(value.place, "an item without content", "write a layer or a group behind the '-', or remove it");
    return std::nullopt;
  }
  return read_typed(value, *bound.environment, blocks, diagnostics);
}

}  // namespace cnnctl
