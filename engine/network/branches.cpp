#include <utility>

#include <fmt/format.h>

#include "engine/diagnostics/suggestion.h"
#include "engine/network/network_builder.h"

namespace cnnctl {
namespace {

const std::vector<std::string> shortcut_kinds = {"auto", "optional", "identity"};

/// The arguments of a shortcut's convolution: 1x1, without bias.
Value projection(std::int64_t out_channels, std::int64_t stride_height, std::int64_t stride_width, const Place& place) {
  Value stride;
  stride.kind = Value::Kind::list;
  stride.place = place;
  for (const std::int64_t size : {stride_height, stride_width}) stride.items.push_back(scalar_value(std::to_string(size), place));
  Value arguments;
  arguments.kind = Value::Kind::map;
  arguments.place = place;
  const auto add = [&](const char* key, Value value) { arguments.entries.push_back({key, place, std::move(value)}); };
  add("out_channels", scalar_value(std::to_string(out_channels), place));
  add("kernel_size", scalar_value("1", place));
  add("stride", std::move(stride));
  add("bias", scalar_value("false", place));
  return arguments;
}

}  // namespace

std::optional<NetworkBuilder::Shortcut> NetworkBuilder::read_shortcut(const ModelItem& item, const Environment& environment) {
  const Value* value = item.arguments.find("shortcut");
  if (value == nullptr) return Shortcut{.place = item.place};
  const std::optional<Bound> bound = resolve(*value, environment, *diagnostics_);
  if (!bound) return std::nullopt;
  if (bound->value->is_list()) return Shortcut{"", value->place, bound};
  if (bound->value->is_scalar())
    for (const std::string& kind : shortcut_kinds)
      if (bound->value->text == kind) return Shortcut{kind, value->place};
  diagnostics_->error(value->place,
                      fmt::format("shortcut must be a list of items or one of auto, optional, identity, not {}{}", describe(*bound->value),
                                  bound->value->is_scalar() ? did_you_mean(bound->value->text, shortcut_kinds) : ""));
  return std::nullopt;
}

void NetworkBuilder::add_branching(const ModelItem& item, const std::optional<Bound>& sources, const Context& context,
                                   const std::string& name) {
  Diagnostics found;
  check_arguments(item.branching->declaration, item.arguments, item.place, found);
  diagnostics_->add(found);
  if (found.has_errors()) return current_.reset();

  NameLevel names = item.name ? NameLevel(name + ".") : NameLevel(context.names, name + ".");
  const Context inner{context.environment, context.list, names};
  if (sources) return join_named(item, *sources, inner, name);
  const Level level(*this, item.place, name, label_of(name), item.type);
  if (!level.open()) return;
  if (item.branching->joining == Joining::residual) return add_residual(item, inner, name);

  const auto branches = read_branches(item, context.environment, name);
  if (!branches) return current_.reset();
  const Flow input = current_;
  std::vector<std::optional<Operand>> operands;
  for (const Branch& branch : *branches) {
    if (!count_item(branch.place)) return;
    operands.push_back(add_branch(branch, inner, input));
  }
  join_operands(item, name, operands);
}

/// `add: {from: [name, name]}`.
void NetworkBuilder::join_named(const ModelItem& item, const Bound& names, const Context& context, const std::string& name) {
  if (item.arguments.find("branches") != nullptr || item.branching->joining == Joining::residual) {
    diagnostics_->error(item.from->place, fmt::format("{} with branches reads one input, but from lists names", item.type),
                        "write from: name, or leave out the branches to join the items that from names");
    return current_.reset();
  }
  if (names.value->items.size() < 2) {
    diagnostics_->error(item.from->place,
                        fmt::format("{} joins two items or more, but from lists {}", item.type, names.value->items.size()));
    return current_.reset();
  }
  const ItemList& list = names.list != nullptr ? *names.list : context.list;
  std::vector<std::optional<Operand>> operands;
  for (const Value& from : names.value->items) {
    if (!count_item(from.place)) return;
    const std::optional<Bound> called = resolve(from, *names.environment, *diagnostics_);
    const Flow value = called ? find_source(*called, from.place, list) : std::nullopt;
    operands.push_back(value ? std::optional(Operand{*value, called->value->text, from.place}) : std::nullopt);
  }
  join_operands(item, name, operands);
}

std::optional<std::vector<NetworkBuilder::Branch>> NetworkBuilder::read_branches(const ModelItem& item, const Environment& environment,
                                                                                 const std::string& name) {
  const Value* written = item.arguments.find("branches");
  if (written == nullptr) {
    diagnostics_->error(item.place, fmt::format("{} needs branches, or two names in from", item.type),
                        fmt::format("write {0}: {{branches: [[...], [...]]}} or {0}: {{from: [name, name]}}", item.type));
    return std::nullopt;
  }
  const std::optional<Bound> list = resolve(*written, environment, *diagnostics_);
  if (!list) return std::nullopt;
  if (!list->value->is_list() || list->value->items.size() < 2) {
    diagnostics_->error(written->place,
                        fmt::format("branches must be two or more lists of items, not {}",
                                    list->value->is_list() ? std::to_string(list->value->items.size()) : describe(*list->value)));
    return std::nullopt;
  }
  std::vector<Branch> branches;
  for (const Value& value : list->value->items) {
    std::optional<Bound> items = resolve(value, *list->environment, *diagnostics_);
    if (items && !items->value->is_list()) {
      diagnostics_->error(value.place, fmt::format("a branch must be a list of items, not {}", describe(*items->value)),
                          "put a '- ' before it; [] is the identity");
      items.reset();
    }
    if (!items) return std::nullopt;
    branches.push_back({name, fmt::format("branch {}", branches.size() + 1), value.place, *std::move(items)});
  }
  return branches;
}

std::optional<Operand> NetworkBuilder::add_branch(const Branch& branch, const Context& context, Flow input) {
  const Level level(*this, branch.place, branch.item, branch.label, "branch");
  if (!level.open()) return std::nullopt;
  current_ = input;
  const ItemList& outer = branch.items.list != nullptr ? *branch.items.list : context.list;
  ItemList list(input, &outer, *branch.items.value);
  add_items(branch.items, {context.environment, list, context.names});
  if (!current_) return std::nullopt;
  return Operand{*current_, branch.label, branch.place};
}

void NetworkBuilder::add_residual(const ModelItem& item, const Context& context, const std::string& name) {
  const Value& written = *item.arguments.find("body");
  const std::optional<Bound> items = resolve_items("body", written, context.environment, *diagnostics_);
  const std::optional<Shortcut> shortcut = read_shortcut(item, context.environment);
  if (!items || !shortcut) return current_.reset();

  const Flow input = current_;
  const std::optional<Operand> body = add_branch({name, "body", written.place, *items}, context, input);
  if (shortcut->items)
    return join_operands(item, name, {body, add_branch({name, "shortcut", shortcut->place, *shortcut->items}, context, input)});
  if (!body || !input) return current_.reset();
  const bool agree = shape(body->value) == shape(*input);
  if (shortcut->kind == "optional" && !agree) {
    current_ = body->value;
    return;
  }
  join_operands(item, name, {body, add_shortcut(*shortcut, item, context, name, *input, body->value)});
}

/// The identity, or with `auto` what gives the body's shape.
std::optional<Operand> NetworkBuilder::add_shortcut(const Shortcut& shortcut, const ModelItem& item, const Context& context,
                                                    const std::string& name, ValueId input, ValueId body) {
  const Level level(*this, shortcut.place, name, "shortcut", "branch");
  if (!level.open()) return std::nullopt;
  current_ = input;
  if (shortcut.kind == "auto" && shape(body) != shape(input)) add_downsample(item, context, name, body);
  if (!current_) return std::nullopt;
  return Operand{*current_, "shortcut", shortcut.place};
}

/// A 1x1 convolution and a batch_norm that give the body's shape, where there is a stride for that. Source: He et al., 2015, option B.
void NetworkBuilder::add_downsample(const ModelItem& item, const Context& context, const std::string& name, ValueId body) {
  const Shape from = shape(*current_), to = shape(body);
  const std::int64_t vertical = shortcut_stride(from.height, to.height), horizontal = shortcut_stride(from.width, to.width);
  if (from.flat || to.flat || vertical == 0 || horizontal == 0) return;
  NameLevel& around = context.names.named();
  const bool stands_around = around.is_block() || item.name;
  const std::string hint =
      "the projection of a residual in a block is called downsample; give this residual a name, which goes before that";
  const std::string group = stands_around ? around.claim("downsample", item.place, *diagnostics_, hint) : name + ".downsample";
  const Level level(*this, item.place, group, "downsample", "group");
  if (!level.open()) return;
  build_layer(*find_layer_type("conv"), projection(to.channels, vertical, horizontal, item.place), item.place, group + ".0");
  build_layer(*find_layer_type("batch_norm"), Value{}, item.place, group + ".1");
}

void NetworkBuilder::join_operands(const ModelItem& item, const std::string& name, const std::vector<std::optional<Operand>>& operands) {
  std::vector<Operand> known;
  for (const auto& operand : operands)
    if (operand) known.push_back(*operand);
  current_.reset();
  if (known.size() != operands.size()) return;
  layer_places_.push_back(item.place);
  try {
    current_ = join(graph_, *item.branching, name, group_, known);
  } catch (const ShapeError& error) {
    diagnostics_->error(item.place, error.what(), error.hint());
  }
}

}  // namespace cnnctl
