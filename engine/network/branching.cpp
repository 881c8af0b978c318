#include "engine/network/branching.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cnnctl {
namespace {

Argument branches_argument() {
  return {
      "branches", "list of lists", false, "none", {}, {}, "two or more lists of items, which all read the same input; [] is the identity"};
}

constexpr std::size_t most_shown = 20;  // operands in a message

/// "body 128x14x14 (line 24), shortcut 64x28x28 (line 31)"; of very many the first and the `wrong` one.
std::string shapes_of(const Graph& graph, const std::vector<Operand>& operands, std::size_t wrong) {
  const bool many = operands.size() > most_shown;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (many && i != 0 && i != wrong) continue;
    const Operand& operand = operands[i];
    const Place& place = operand.place;
    const std::string line = place.source ? fmt::format(" (line {})", line_and_column(place.source->text, place.begin).line) : "";
    parts.push_back(fmt::format("{} {}{}", operand.label, to_string(graph.values[static_cast<std::size_t>(operand.value)]), line));
  }
  if (many) parts.push_back(fmt::format("and {} more", operands.size() - parts.size()));
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// Joins values one by one, in the order of a sum or product.
class Join {
 public:
  Join(Graph& graph, const Branching& branching, const std::vector<Operand>& operands)
      : graph_(graph), branching_(branching), operands_(operands) {}

  ValueId run(LayerId layer) { return branching_.joining == Joining::concat ? concat(layer) : fold(layer); }

 private:
  const Shape& shape(ValueId value) const { return graph_.values[static_cast<std::size_t>(value)]; }

  [[noreturn]] void fail(std::size_t operand, const std::string& what, const std::string& hint) const {
    throw ShapeError(fmt::format("{}: {}: {}", branching_.declaration.name, what, shapes_of(graph_, operands_, operand)), hint);
  }

  std::string residual_hint() const {
    const Shape &body = shape(operands_[0].value), &shortcut = shape(operands_[1].value);
    const std::int64_t vertical = shortcut_stride(shortcut.height, body.height), horizontal = shortcut_stride(shortcut.width, body.width);
    if (body.flat || shortcut.flat || vertical == 0 || horizontal == 0)
      return "no 1x1 convolution makes the one of the other: write the shortcut as a list of items";
    const std::string stride = vertical == horizontal ? fmt::format("{}", vertical) : fmt::format("[{}, {}]", vertical, horizontal);
    return fmt::format("give the shortcut a conv with out_channels {}, kernel_size 1, stride {}, or write shortcut: auto", body.channels,
                       stride);
  }

  [[noreturn]] void fail_sum(std::size_t operand) const {
    fail(operand, "branches differ in shape",
         branching_.joining == Joining::residual ? residual_hint()
         : branching_.joining == Joining::multiply
             ? "factors have one shape, or one is channels x 1 x 1, as adaptive_avg_pool: {output_size: 1} gives it"
             : "the branches of a sum must all give the same shape");
  }

  static bool stretches_to(const Shape& small, const Shape& large) {
    return !small.flat && !large.flat && small.channels == large.channels && small.height == 1 && small.width == 1;
  }

  ValueId fold(LayerId layer) {
    const Binary op{branching_.joining == Joining::multiply ? Binary::Kind::multiply : Binary::Kind::add};
    ValueId result = operands_.front().value;
    for (std::size_t i = 1; i < operands_.size(); ++i) {
      ValueId first = result, second = operands_[i].value;
      if (shape(first) != shape(second) && op.kind == Binary::Kind::multiply && stretches_to(shape(first), shape(second)))
        std::swap(first, second);
      const bool fits = shape(first) == shape(second) || (op.kind == Binary::Kind::multiply && stretches_to(shape(second), shape(first)));
      if (!fits) fail_sum(i);
      result = add_node(graph_, op, {first, second}, Shape(shape(first)), {}, layer);
    }
    return result;
  }

  ValueId concat(LayerId layer) {
    Shape out = shape(operands_.front().value);
    std::vector<ValueId> values = {operands_.front().value};
    std::vector<std::int64_t> channels = {out.channels};
    for (std::size_t i = 1; i < operands_.size(); ++i) {
      const Shape& next = shape(operands_[i].value);
      if (next.height != out.height || next.width != out.width || next.flat != out.flat)
        fail(i, "branches differ in height or width", "only the channels of what is concatenated may differ");
      out.channels = checked_sum(out.channels, next.channels);
      values.push_back(operands_[i].value);
      channels.push_back(next.channels);
    }
    graph_.layers[static_cast<std::size_t>(layer)].arithmetic = fmt::format("{} = {}", fmt::join(channels, " + "), out.channels);
    return add_node(graph_, Concat{}, std::move(values), out, {}, layer);
  }

  Graph& graph_;
  const Branching& branching_;
  const std::vector<Operand>& operands_;
};

}  // namespace

const std::vector<Branching>& branching_types() {
  static const std::vector<Branching> types = {
      {Joining::residual,
       {"residual",
        "body(x) + shortcut(x): a residual connection (He et al., 2015).",
        "",
        {{"body", "list of items", true, "", {}, {}, "what is computed"},
         {"shortcut",
          "list of items, or one of auto, optional, identity",
          false,
          "auto",
          {},
          {},
          "auto: the identity where the shapes agree, else a 1x1 convolution with the smallest stride that fits and a batch_norm, in a "
          "group called downsample; optional: the identity where the shapes agree, else nothing is added"}}}},
      {Joining::concat,
       {"concat",
        "Puts the results of branches, or the items that from lists, one after another along the channels.",
        "torch.cat",
        {branches_argument()}}},
      {Joining::add, {"add", "Sum of the results of branches, or of the items that from lists.", "torch.add", {branches_argument()}}},
      {Joining::multiply,
       {"multiply",
        "Product of the results of branches, or of the items that from lists; channels x 1 x 1 counts for every pixel.",
        "torch.mul",
        {branches_argument()}}},
  };
  return types;
}

const Branching* find_branching(std::string_view name) {
  const auto& types = branching_types();
  const auto found = std::find_if(types.begin(), types.end(), [name](const Branching& type) { return type.declaration.name == name; });
  return found == types.end() ? nullptr : &*found;
}

ValueId join(Graph& graph, const Branching& branching, const std::string& name, GroupId group, const std::vector<Operand>& operands) {
  const auto layer = static_cast<LayerId>(graph.layers.size());
  Layer row;
  row.name = name;
  row.type = branching.declaration.name;
  row.group = group;
  graph.layers.push_back(row);
  const ValueId result = Join(graph, branching, operands).run(layer);
  graph.layers[static_cast<std::size_t>(layer)].output = graph.values[static_cast<std::size_t>(result)];
  return result;
}

std::int64_t shortcut_stride(std::int64_t in, std::int64_t out) {
  const std::int64_t smallest = (in - 1) / out + 1;  // that gives no more than `out`
  return (in - 1) / smallest + 1 == out ? smallest : 0;
}

}  // namespace cnnctl
