#include "engine/network/network_builder.h"

#include <utility>

#include <fmt/format.h>

namespace cnnctl {
namespace {

constexpr int max_nesting = 64;

/// A type that a name gave, at the place of its use.
Bound type_at(const Bound& type, const Place& place) {
  auto here = std::make_shared<Value>(*type.value);
  here->place = place;
  return {here.get(), type.environment, type.list, here};
}

}  // namespace

NetworkBuilder::NetworkBuilder(Graph graph, bool shape_is_known, const Environment& vars, const Blocks& blocks, Diagnostics& diagnostics)
    : graph_(std::move(graph)), vars_(vars), blocks_(blocks), diagnostics_(&diagnostics) {
  if (shape_is_known) current_ = graph_.output;
}

Graph NetworkBuilder::build(const Value& model) {
  NameLevel names("");
  ItemList list(current_, nullptr, model);
  add_items({&model, &vars_}, {vars_, list, names});
  if (current_ && graph_.layers.empty()) diagnostics_->error(model.place, "the model has no layers");
  if (current_) graph_.output = *current_;
  if (!diagnostics_->has_errors()) warn_of_unused();
  return std::move(graph_);
}

/// Where `from` leads past items, what they compute is for nothing.
void NetworkBuilder::warn_of_unused() {
  for (const LayerId layer : unused_layers(graph_))
    diagnostics_->warning(layer_places_[static_cast<std::size_t>(layer)],
                          fmt::format("the output does not depend on '{}'", graph_.layers[static_cast<std::size_t>(layer)].name),
                          "name it in the from of a layer that leads there, or remove it");
}

void NetworkBuilder::add_items(const Bound& items, const Context& context) {
  for (std::size_t i = 0; i < items.value->items.size() && !too_large_; ++i) {
    context.list.set_position(i);
    add_value(items.value->items[i], {*items.environment, context.list, context.names});
  }
}

void NetworkBuilder::add_value(const Value& value, const Context& context) {
  if (!count_item(value.place)) return;
  const std::optional<Bound> bound = resolve(value, context.environment, *diagnostics_);
  if (bound && bound->value != &value && bound->value->is_list()) {
    const Level level(*this, value.place, "", "", "");
    for (const Value& inner : bound->value->items)
      if (!too_large_) add_value(inner, {*bound->environment, context.list, context.names});
    return;
  }
  std::optional<ModelItem> item;
  if (bound) item = read_model_item(bound->value->is_scalar() ? type_at(*bound, value.place) : *bound, blocks_, *diagnostics_);
  if (!item) {
    current_.reset();
    context.names.skip(1);
    if (const auto name = written_name(value)) context.list.define(name->first, std::nullopt);
  } else if (!item->when || item->repeat == 0) {
    check_absent(*item);
    if (!item->valid) current_.reset();  // whether it is there is unknown
  } else {
    repeat_item(*item, context);
  }
}

void NetworkBuilder::repeat_item(const ModelItem& item, const Context& context) {
  const std::size_t errors_before = diagnostics_->error_count();
  for (std::int64_t i = 0; i < item.repeat && !too_large_; ++i) {
    if (i > 0 && (!item.valid || diagnostics_->error_count() > errors_before)) {  // the others have the same mistakes
      context.names.skip(item.repeat - i);
      return;
    }
    if (i > 0 && !count_item(item.place)) return;
    Environment environment(item.environment);
    if (item.counts) environment.set_index(i);
    const Context here{environment, context.list, context.names};
    if (i == 0 || !item.from) {
      add_item(item, here);
    } else {
      ModelItem following = item;
      following.from.reset();
      add_item(following, here);
    }
  }
}

/// Reports the mistakes in an item that is not there, so that they do not wait for the day when it is.
void NetworkBuilder::check_absent(const ModelItem& item) {
  const Flow before = std::exchange(current_, std::nullopt);
  const bool around = std::exchange(absent_, true);
  const std::size_t groups = graph_.groups.size();
  NameLevel names("");
  const Value nothing;
  ItemList list(std::nullopt, nullptr, nothing);
  Environment environment(item.environment);
  const Context context{environment, list, names};
  if (item.block != nullptr) {
    Environment inside(&vars_);
    bind_arguments(item, context, inside);  // its body may contain the block itself, absent again
  } else {
    add_item(item, context);
  }
  graph_.groups.resize(groups);
  absent_ = around;
  if (!too_large_) current_ = before;
}

void NetworkBuilder::add_item(const ModelItem& item, const Context& context) {
  const std::optional<Bound> sources = enter_from(item, context);
  if (item.block != nullptr && item.block->in_line) return add_block(item, context, "");
  const std::string name = take_name(item, context);
  if (!item.valid) current_.reset();
  if (item.group)
    add_group(item, context, name);
  else if (item.block != nullptr)
    add_block(item, context, name);
  else if (item.branching != nullptr)
    add_branching(item, sources, context, name);
  else
    add_layer(item, context, name);
  context.list.define(label_of(name), current_);
}

/// Lets the item that `from` names be what the item reads. A list of names belongs to an item with branches, which joins what it lists: it
/// is handed back.
std::optional<Bound> NetworkBuilder::enter_from(const ModelItem& item, const Context& context) {
  if (!item.from) return std::nullopt;
  std::optional<Bound> from = resolve(*item.from, context.environment, *diagnostics_);
  const bool is_list = from && from->value->is_list();
  if (is_list && item.branching != nullptr) return from;
  if (is_list)
    diagnostics_->error(item.from->place, fmt::format("{} has one input, but from lists {}", item.type, from->value->items.size()),
                        "write from: name; only add, multiply and concat take a list");
  current_ = from && !is_list ? find_source(*from, item.from->place, context.list) : std::nullopt;
  return std::nullopt;
}

/// What one name in a `from` stands for: it may be a block's parameter, whose value names an item where the block is used.
NetworkBuilder::Flow NetworkBuilder::find_source(const Bound& from, const Place& place, const ItemList& list) {
  if (!from.value->is_scalar()) {
    diagnostics_->error(place, fmt::format("from must be the name of an earlier item, not {}", describe(*from.value)));
    return std::nullopt;
  }
  if (absent_) return std::nullopt;  // what it would read may be absent as well
  const ItemList& known = from.list != nullptr ? *from.list : list;
  return known.find(from.value->text, place, *diagnostics_).value_or(std::nullopt);
}

std::string NetworkBuilder::take_name(const ModelItem& item, const Context& context) {
  const std::string own = own_name(item, context);
  return context.names.take(own, own.empty() ? item.place : item.name->place, *diagnostics_);
}

/// The name that the item gives itself; "" where it has none or it cannot be one.
std::string NetworkBuilder::own_name(const ModelItem& item, const Context& context) {
  if (!item.name) return "";
  const std::optional<Bound> bound = resolve(*item.name, context.environment, *diagnostics_);
  if (!bound) return "";
  if (!bound->value->is_scalar()) {
    diagnostics_->error(item.name->place, fmt::format("name must be a text, not {}", describe(*bound->value)));
    return "";
  }
  return check_item_name(bound->value->text, item.name->place, *diagnostics_) ? bound->value->text : "";
}

bool NetworkBuilder::count_item(const Place& place) {
  if (++items_ > max_items && !too_large_) {
    diagnostics_->error(place, fmt::format("the network has more than {} layers, groups and branches", max_items));
    give_up();
  }
  return !too_large_;
}

void NetworkBuilder::give_up() {
  too_large_ = true;
  current_.reset();
}

NetworkBuilder::Level::Level(NetworkBuilder& builder, const Place& place, std::string name, std::string label, std::string type)
    : builder_(builder), before_(builder.group_), open_(++builder.nesting_ <= max_nesting) {
  if (!open_) {
    builder.diagnostics_->error(place, fmt::format("groups and blocks are nested deeper than {} levels", max_nesting),
                                "a block that contains itself must end by a when");
    builder.give_up();
  }
  if (!open_ || label.empty()) return;
  Group group{std::move(name), std::move(label), std::move(type), before_, static_cast<LayerId>(builder.graph_.layers.size())};
  builder.graph_.groups.push_back(std::move(group));
  builder.group_ = static_cast<GroupId>(builder.graph_.groups.size() - 1);
}

NetworkBuilder::Level::~Level() {
  --builder_.nesting_;
  builder_.group_ = before_;
}

}  // namespace cnnctl
