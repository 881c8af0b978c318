#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/graph/graph.h"
#include "engine/network/blocks.h"
#include "engine/network/branching.h"
#include "engine/network/environment.h"
#include "engine/network/item.h"
#include "engine/network/names.h"

namespace cnnctl {

/// Walks the items of a model and adds what they make to a graph. Where a mistake leaves a shape unknown, it goes on and checks what needs
/// none.
class NetworkBuilder {
 public:
  NetworkBuilder(Graph graph, bool shape_is_known, const Environment& vars, const Blocks& blocks, Diagnostics& diagnostics);

  /// Builds the list of items and returns the graph. Call once.
  Graph build(const Value& model);

 private:
  /// Where an item stands: what names mean there, what `from` can name, and how items are called.
  struct Context {
    const Environment& environment;
    ItemList& list;
    NameLevel& names;
  };
  using Flow = std::optional<ValueId>;  // what goes from item to item; nothing where a mistake has left it unknown

  // network_builder.cpp: lists, repetition, what every item takes.
  void add_items(const Bound& items, const Context& context);
  void add_value(const Value& value, const Context& context);
  void repeat_item(const ModelItem& item, const Context& context);
  void check_absent(const ModelItem& item);
  void add_item(const ModelItem& item, const Context& context);
  std::optional<Bound> enter_from(const ModelItem& item, const Context& context);
  Flow find_source(const Bound& from, const Place& place, const ItemList& list);
  std::string take_name(const ModelItem& item, const Context& context);
  std::string own_name(const ModelItem& item, const Context& context);

  // kinds.cpp: the kinds of items.
  void add_layer(const ModelItem& item, const Context& context, const std::string& name);
  void build_layer(const LayerType& type, const Value& arguments, const Place& place, const std::string& name);
  void add_group(const ModelItem& item, const Context& context, const std::string& name);
  void add_block(const ModelItem& item, const Context& context, const std::string& name);
  bool bind_arguments(const ModelItem& item, const Context& context, Environment& environment);
  void add_block_items(const ModelItem& item, const Context& context, Environment& environment, const std::string& name);

  // branches.cpp: items with branches.
  struct Branch {
    std::string item;  // the full name of the item that it belongs to
    std::string label;
    Place place;
    Bound items;
  };
  /// What stands for a residual's shortcut: a list of items, or a word.
  struct Shortcut {
    std::string kind = "auto";  // "" where there is a list
    Place place;
    std::optional<Bound> items = {};
  };
  void add_branching(const ModelItem& item, const std::optional<Bound>& sources, const Context& context, const std::string& name);
  void join_named(const ModelItem& item, const Bound& names, const Context& context, const std::string& name);
  std::optional<std::vector<Branch>> read_branches(const ModelItem& item, const Environment& environment, const std::string& name);
  std::optional<Operand> add_branch(const Branch& branch, const Context& context, Flow input);
  void add_residual(const ModelItem& item, const Context& context, const std::string& name);
  std::optional<Shortcut> read_shortcut(const ModelItem& item, const Environment& environment);
  std::optional<Operand> add_shortcut(const Shortcut& shortcut, const ModelItem& item, const Context& context, const std::string& name,
                                      ValueId input, ValueId body);
  void add_downsample(const ModelItem& item, const Context& context, const std::string& name, ValueId body);
  void join_operands(const ModelItem& item, const std::string& name, const std::vector<std::optional<Operand>>& operands);

  void warn_of_unused();
  /// Holds the network, and the time that reading it takes, within bounds.
  bool count_item(const Place& place);
  void give_up();
  const Shape& shape(ValueId value) const { return graph_.values[static_cast<std::size_t>(value)]; }

  /// A level of nesting while it lives; with a label, a row in Graph::groups.
  class Level {
   public:
    Level(NetworkBuilder& builder, const Place& place, std::string name, std::string label, std::string type);
    ~Level();
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    /// False where groups are nested too deep; that was reported.
    bool open() const { return open_; }

   private:
    NetworkBuilder& builder_;
    GroupId before_;
    bool open_;
  };

  Graph graph_;
  const Environment& vars_;
  const Blocks& blocks_;
  Diagnostics* diagnostics_;
  Flow current_;
  GroupId group_ = -1;
  std::int64_t items_ = 0;
  int nesting_ = 0;
  bool too_large_ = false;
  bool absent_ = false;              // inside an item that is not there: it is checked and nothing is built
  std::vector<Place> layer_places_;  // by LayerId
};

}  // namespace cnnctl
