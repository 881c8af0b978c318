#include "cli/commands/shape_table.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "cli/terminal/numbers.h"
#include "cli/terminal/table.h"

namespace cnnctl {
namespace {

constexpr std::size_t shortest_arguments = 20;  // characters that a narrow terminal leaves of them at least
constexpr std::string_view cut_mark = ", ...";
constexpr std::size_t most_named_branches = 3;  // of a join; more are counted

struct Row {
  std::string layer = {};
  std::string type = {};
  std::string arguments = {};
  std::string output = {};
  std::string arithmetic = {};
  std::string parameters = {};
  std::string macs = {};
};

const Layer& layer_of(const Graph& graph, const OutlineItem& item) { return graph.layers[static_cast<std::size_t>(item.layer)]; }
const Group& group_of(const Graph& graph, const OutlineItem& item) { return graph.groups[static_cast<std::size_t>(item.group)]; }

std::string count_text(std::int64_t number) { return number == 0 ? "" : with_separators(number); }

std::string with_source(std::string arguments, const OutlineItem& item) {
  if (item.from.empty()) return arguments;
  if (!arguments.empty()) arguments += ", ";
  return arguments + fmt::format("from {}", fmt::join(item.from, ", "));
}

/// Makes the rows of an outline, down to a level.
class Rows {
 public:
  Rows(const Graph& graph, int depth) : graph_(graph), depth_(depth) {}

  std::vector<Row> make(const OutlineItem& outline) {
    add("input", {.output = spaced(graph_.input_shape())});
    add_items(outline, 1);
    return std::move(rows_);
  }

 private:
  void add(const std::string& label, Row row) {
    row.layer = std::string(2 * indent_, ' ') + label;
    rows_.push_back(std::move(row));
  }

  void add_items(const OutlineItem& list, int level) {
    for (const OutlineItem& item : list.items) {
      if (!item.is_layer())
        add_group(item, level, list.branching);
      else if (list.branching)
        add_layer("=", item, join_text(graph_, list));
      else
        add_layer(item.label, item, arguments_text(graph_, item));
    }
  }

  void add_layer(const std::string& label, const OutlineItem& item, std::string arguments) {
    const Layer& layer = layer_of(graph_, item);
    add(label, {.type = layer.type,
                .arguments = std::move(arguments),
                .output = spaced(layer.output),
                .arithmetic = layer.arithmetic,
                .parameters = count_text(layer.parameters),
                .macs = count_text(layer.macs)});
  }

  void add_group(const OutlineItem& item, int level, bool branch) {
    if (branch) {
      add(item.label + (item.items.empty() ? ": identity" : ":"), {.arguments = with_source("", item)});
      return add_inner(item, level);
    }
    const std::string& type = group_of(graph_, item).type;
    if (level < depth_ && !item.items.empty()) {
      add(item.label, {.type = type, .arguments = with_source("", item)});
      return add_inner(item, level + 1);
    }
    const std::string content = item.layers == 0 ? "identity" : fmt::format("{} layer{}", item.layers, item.layers == 1 ? "" : "s");
    add(item.label, {.type = type,
                     .arguments = with_source(content, item),
                     .output = spaced(graph_.values[static_cast<std::size_t>(item.output)]),
                     .parameters = count_text(item.parameters),
                     .macs = count_text(item.macs)});
  }

  void add_inner(const OutlineItem& item, int level) {
    ++indent_;
    add_items(item, level);
    --indent_;
  }

  const Graph& graph_;
  int depth_;
  std::size_t indent_ = 0;
  std::vector<Row> rows_;
};

/// A list of arguments without those at its end that do not fit.
std::string shortened(const std::string& arguments, std::size_t width) {
  if (arguments.size() <= width) return arguments;
  const std::size_t comma = arguments.rfind(", ", width - cut_mark.size());
  return arguments.substr(0, comma == std::string::npos ? width - cut_mark.size() : comma) + std::string(cut_mark);
}

/// The table with the columns that are wanted.
Table make_table(const std::vector<Row>& rows, bool arithmetic, std::size_t arguments_width) {
  std::vector<Table::Column> columns = {{"layer"}, {"type"}, {"arguments"}, {"output"}};
  if (arithmetic) columns.push_back({"arithmetic"});
  columns.insert(columns.end(), {{"parameters", Table::Align::right}, {"MACs", Table::Align::right}});
  Table table(std::move(columns));
  for (const Row& row : rows) {
    std::vector<std::string> cells = {row.layer, row.type, shortened(row.arguments, arguments_width), row.output};
    if (arithmetic) cells.push_back(row.arithmetic);
    cells.insert(cells.end(), {row.parameters, row.macs});
    table.add(std::move(cells));
  }
  return table;
}

}  // namespace

std::string spaced(const Shape& shape) {
  return shape.flat ? std::to_string(shape.channels) : fmt::format("{} x {} x {}", shape.channels, shape.height, shape.width);
}

std::string arguments_text(const Graph& graph, const OutlineItem& item) { return with_source(layer_of(graph, item).arguments, item); }

std::string join_text(const Graph& graph, const OutlineItem& branches) {
  const Layer& join = layer_of(graph, branches.items.back());
  std::vector<std::string> labels;
  for (const OutlineItem& branch : branches.branches()) labels.push_back(branch.label);
  const char* sign = join.type == "concat" ? ", " : join.type == "multiply" ? " * " : " + ";
  const std::string joined =
      labels.size() <= most_named_branches ? fmt::format("{}", fmt::join(labels, sign)) : fmt::format("{} branches", labels.size());
  return join.arguments.empty() ? joined : joined + ", " + join.arguments;
}

std::string shape_table(const Graph& graph, const OutlineItem& outline, int depth, std::size_t columns) {
  const std::vector<Row> rows = Rows(graph, depth).make(outline);
  const std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  const Table whole = make_table(rows, true, unlimited);
  if (whole.width() <= columns) return whole.text();
  const Table narrow = make_table(rows, false, unlimited);
  if (narrow.width() <= columns) return narrow.text();
  std::size_t arguments = 0;
  for (const Row& row : rows) arguments = std::max(arguments, row.arguments.size());
  const std::size_t excess = narrow.width() - columns;
  return make_table(rows, false, std::max(shortest_arguments, arguments - std::min(arguments, excess))).text();
}

}  // namespace cnnctl
