#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/network/network_builder.h"

namespace cnnctl {
namespace {

/// Adds the place where a block is used to a mistake inside it; a block that contains itself is shown once.
void add_use(Diagnostic& diagnostic, const ModelItem& item) {
  const auto is_here = [&](const Note& note) { return note.place.source == item.place.source && note.place.begin == item.place.begin; };
  if (std::any_of(diagnostic.notes.begin(), diagnostic.notes.end(), is_here)) return;
  diagnostic.notes.push_back({item.place, fmt::format("block '{}' is used here", item.block->declaration.name)});
}

/// False where the instance gives what the block does not take, or lacks what it needs.
bool check_parameters(const ModelItem& item, Diagnostics& diagnostics) {
  Diagnostics found;
  check_arguments(item.block->declaration, item.arguments, item.place, found);
  if (item.block->in_line && item.name)
    found.error(item.name->place, fmt::format("block '{}' is inline: its items join the list, and no item is left to be named",
                                              item.block->declaration.name));
  diagnostics.add(found);
  return !found.has_errors();
}

}  // namespace

void NetworkBuilder::add_layer(const ModelItem& item, const Context& context, const std::string& name) {
  const std::optional<Value> arguments = substitute(item.arguments, context.environment, *diagnostics_);
  if (!arguments) return current_.reset();
  build_layer(*item.layer, *arguments, item.place, name);
}

void NetworkBuilder::build_layer(const LayerType& type, const Value& arguments, const Place& place, const std::string& name) {
  const auto build = type.read(arguments, place, *diagnostics_);
  if (!build) current_.reset();
  if (!current_) return;
  try {
    LayerBuilder layer(graph_, *current_, name, type.declaration->name, group_);
    layer_places_.push_back(place);
    build(layer);
    current_ = layer.finish();
  } catch (const ShapeError& error) {
    diagnostics_->error(place, error.what(), error.hint());
    current_.reset();
  }
}

void NetworkBuilder::add_group(const ModelItem& item, const Context& context, const std::string& name) {
  const Level level(*this, item.place, name, label_of(name), "group");
  if (!level.open()) return;
  NameLevel names(name + ".");
  const ItemList& outer = item.group->list != nullptr ? *item.group->list : context.list;
  ItemList list(current_, &outer, *item.group->value);
  // A list that stands here sees the item's own index; one that a name gave keeps its own.
  const bool here = item.group->environment == item.environment;
  add_items({item.group->value, here ? &context.environment : item.group->environment}, {context.environment, list, names});
}

/// Lets a block's parameters stand for the instance's arguments or their defaults. False where one is wrong or missing.
bool NetworkBuilder::bind_arguments(const ModelItem& item, const Context& context, Environment& environment) {
  bool known = check_parameters(item, *diagnostics_);
  for (const Block::Parameter& parameter : item.block->parameters) {
    const Value* argument = item.arguments.find(parameter.name);
    if (argument == nullptr && parameter.initial == nullptr) continue;  // that was reported
    if (!environment.spend(Environment::cost_of_name, item.place, *diagnostics_)) return false;
    const Environment& scope = argument != nullptr ? context.environment : environment;
    std::optional<Bound> bound = resolve(argument != nullptr ? *argument : *parameter.initial, scope, *diagnostics_);
    if (!bound) {
      known = false;
      continue;
    }
    if (argument != nullptr && bound->list == nullptr) bound->list = &context.list;
    environment.bind(parameter.name, parameter.place, *std::move(bound));
  }
  return known;
}

void NetworkBuilder::add_block(const ModelItem& item, const Context& context, const std::string& name) {
  Environment environment(&vars_);
  environment.set_index(*context.environment.special("index"));
  environment.set_entrance(current_ ? std::optional(shape(*current_)) : std::nullopt);
  if (!bind_arguments(item, context, environment) || !item.valid) return current_.reset();

  Diagnostics inside;
  Diagnostics* const outside = std::exchange(diagnostics_, &inside);
  add_block_items(item, context, environment, name);
  diagnostics_ = outside;
  for (Diagnostic diagnostic : inside.sorted()) {
    add_use(diagnostic, item);
    outside->add(std::move(diagnostic));
  }
}

void NetworkBuilder::add_block_items(const ModelItem& item, const Context& context, Environment& environment, const std::string& name) {
  const std::optional<Bound> layers = resolve_items("layers", *item.block->layers, environment, *diagnostics_);
  if (!layers) return current_.reset();
  const Level level(*this, item.place, name, label_of(name), item.block->declaration.name);
  if (!level.open()) return;
  if (item.block->in_line) {
    ItemList list = ItemList::joining(context.list, current_, *layers->value);
    return add_items(*layers, {environment, list, context.names});
  }
  NameLevel names(name + ".", true);
  ItemList list(current_, nullptr, *layers->value);
  add_items(*layers, {environment, list, names});
}

}  // namespace cnnctl
