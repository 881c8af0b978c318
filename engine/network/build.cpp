#include "engine/network/build.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "engine/layers/layer.h"
#include "engine/network/item.h"

namespace cnnctl {
namespace {

constexpr std::int64_t max_input_size = 65'535;
constexpr int max_nesting = 64;

/// The names of one list of items.
struct Scope {
  std::string prefix;  // "layer1."
  std::map<std::string, Place, std::less<>> names;
  std::int64_t next_index = 0;
};

class NetworkBuilder {
 public:
  NetworkBuilder(Graph graph, bool shape_is_known, Vars& vars, Diagnostics& diagnostics)
      : graph_(std::move(graph)), vars_(vars), diagnostics_(diagnostics) {
    if (shape_is_known) current_ = graph_.output;
  }

  Graph build(const Value& model) {
    Scope scope;
    add_items(model, scope);
    if (current_ && graph_.layers.empty()) diagnostics_.error(model.place, "the model has no layers");
    if (current_) graph_.output = *current_;
    return std::move(graph_);
  }

 private:
  void add_items(const Value& list, Scope& scope) {
    for (const Value& value : list.items) {
      if (too_large_) return;
      add_value(value, scope);
    }
  }

  void add_value(const Value& value, Scope& scope) {
    if (!count_item(value.place)) return;
    const Value* resolved = vars_.resolve(value, diagnostics_);
    if (resolved != nullptr && resolved->is_list() && resolved != &value) return add_items(*resolved, scope);

    std::optional<ModelItem> item;
    if (resolved != nullptr) item = read_model_item(resolved->is_map() ? *resolved : value, vars_, diagnostics_);
    if (!item) {
      current_.reset();
      ++scope.next_index;
    } else if (!item->when || item->repeat == 0) {
      check_absent(*item);
    } else {
      repeat_item(*item, scope);
    }
  }

  void repeat_item(const ModelItem& item, Scope& scope) {
    add_item(item, scope);
    for (std::int64_t i = 1; i < item.repeat && !too_large_; ++i) {
      if (diagnostics_.has_errors()) {  // the others have the same mistakes
        scope.next_index += item.repeat - i;
        return;
      }
      if (count_item(item.place)) add_item(item, scope);
    }
  }

  /// Holds the network, and the time that reading it takes, within bounds.
  bool count_item(const Place& place) {
    if (++items_ > max_items) {
      diagnostics_.error(place, fmt::format("the network has more than {} layers and groups", max_items));
      give_up();
    }
    return !too_large_;
  }

  /// Reports the mistakes in an item that is not there, so that they do not wait for the day when it is.
  void check_absent(const ModelItem& item) {
    const std::optional<ValueId> before = current_;
    current_.reset();
    Scope scope;
    add_item(item, scope);
    if (!too_large_) current_ = before;
  }

  void give_up() {
    too_large_ = true;
    current_.reset();
  }

  void add_item(const ModelItem& item, Scope& scope) {
    const std::string name = scope.prefix + take_name(item, scope);
    if (item.group == nullptr) return add_layer(item, name);
    if (++nesting_ > max_nesting) {
      diagnostics_.error(item.place, fmt::format("groups are nested deeper than {} levels", max_nesting));
      give_up();
      return;
    }
    Scope inner{.prefix = name + ".", .names = {}};
    add_items(*item.group, inner);
    --nesting_;
  }

  /// The item's own name, or its index; each only once in a list.
  std::string take_name(const ModelItem& item, Scope& scope) {
    const std::string index = std::to_string(scope.next_index++);
    const std::string& name = item.name.empty() ? index : item.name;
    const Place& place = item.name.empty() ? item.place : item.name_place;
    const auto [first, is_new] = scope.names.emplace(name, place);
    if (!is_new)
      diagnostics_.add({Severity::error,
                        place,
                        fmt::format("duplicate name '{}' in this list of items", name),
                        "",
                        {{first->second, fmt::format("the first '{}' is here", name)}}});
    return name;
  }

  void add_layer(const ModelItem& item, const std::string& name) {
    if (!item.build) current_.reset();
    if (!current_) return;
    try {
      LayerBuilder layer(graph_, *current_, name, item.type);
      item.build(layer);
      current_ = layer.finish();
    } catch (const ShapeError& error) {
      diagnostics_.error(item.place, error.what(), error.hint());
      current_.reset();
    }
  }

  Graph graph_;
  Vars& vars_;
  Diagnostics& diagnostics_;
  std::optional<ValueId> current_;  // nothing where a mistake has left the shape unknown
  std::int64_t items_ = 0;
  int nesting_ = 0;
  bool too_large_ = false;
};

constexpr const char* input_hint = "write input: [channels, height, width], for grey images of 28 x 28 pixels input: [1, 28, 28]";

/// Reports a part of the config that is not there, at its empty value where it has at least a key.
void report_missing(const NetworkSource& source, const Value& part, std::string message, std::string hint, Diagnostics& diagnostics) {
  const bool has_key = part.place.source != nullptr;
  if (has_key || source.complete) diagnostics.error(has_key ? part.place : source.place, std::move(message), std::move(hint));
}

/// The shape of `input`; nothing, with the mistake in `diagnostics`, where it is missing or wrong.
std::optional<Shape> read_input(const NetworkSource& source, Vars& vars, Diagnostics& diagnostics) {
  if (source.input.is_null()) {
    report_missing(source, source.input, "'input' is missing: the size of an image", input_hint, diagnostics);
    return std::nullopt;
  }
  const std::optional<Value> value = vars.substitute(source.input, diagnostics);
  if (!value) return std::nullopt;
  if (!value->is_list() || value->items.size() != 3) {
    diagnostics.error(value->place, "input must be a list of three numbers", input_hint);
    return std::nullopt;
  }
  std::vector<std::int64_t> sizes;
  Argument argument;
  argument.name = "input";
  argument.range = between(1, static_cast<double>(max_input_size));
  if (!read_value(*value, argument, sizes, diagnostics)) return std::nullopt;
  return Shape{sizes[0], sizes[1], sizes[2]};
}

/// Whether the model is a list; else the mistake goes to `diagnostics`.
bool check_model(const Value* model, const NetworkSource& source, Diagnostics& diagnostics) {
  if (model == nullptr) return false;
  if (model->is_null()) {
    report_missing(source, source.model, "'model' is missing: the list of layers",
                   "write model: and below it an item a line, as - relu or - linear: {out_features: 10}", diagnostics);
    return false;
  }
  if (model->is_list()) return true;
  diagnostics.error(source.model.place, fmt::format("model must be a list of layers, not {}", describe(*model)),
                    "begin every item with '- ', as - relu");
  return false;
}

}  // namespace

Graph build_network(const NetworkSource& source, Vars& vars, Diagnostics& diagnostics) {
  Diagnostics found;
  const std::optional<Shape> input = read_input(source, vars, found);
  Graph graph = make_graph(source.name, input.value_or(Shape{}));
  const Value* model = vars.resolve(source.model, found);
  if (check_model(model, source, found)) graph = NetworkBuilder(std::move(graph), input.has_value(), vars, found).build(*model);
  for (const Diagnostic& diagnostic : found.sorted()) diagnostics.add(diagnostic);
  return graph;
}

}  // namespace cnnctl
