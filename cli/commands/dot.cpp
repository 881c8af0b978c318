#include "cli/commands/dot.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "cli/commands/shape_table.h"
#include "cli/terminal/numbers.h"

namespace cnnctl {
namespace {

constexpr std::size_t widest_line = 28;  // characters of a node's arguments before they go on in a new line

/// A text in double quotes. A line break in it stays one.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n')
      result += "\\n";
    else
      result += c;
  }
  return result + '"';
}

/// Arguments in lines that break behind commas.
std::string in_lines(const std::string& arguments) {
  std::string result;
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < arguments.size();) {
    const std::size_t end = std::min(arguments.size(), std::min(arguments.find(", ", begin), arguments.size()) + 2);
    if (line > 0 && line + end - begin > widest_line) {
      result.back() = '\n';
      line = 0;
    }
    result += arguments.substr(begin, end - begin);
    line += end - begin;
    begin = end;
  }
  return result;
}

/// Lines of a node's label; empty ones are left out.
std::string label(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines)
    if (!line.empty()) text += (text.empty() ? "" : "\n") + line;
  return text;
}

/// What a node looks like: what multiplies is blue, what else has parameters green, what joins branches a yellow ellipse.
std::string look(const OutlineItem& item, bool join) {
  if (join) return ", shape=ellipse, fillcolor=\"#fff2cc\"";
  if (item.macs > 0) return ", fillcolor=\"#d6e6f5\"";
  return item.parameters > 0 ? ", fillcolor=\"#dcefdc\"" : "";
}

class DotWriter {
 public:
  DotWriter(const Graph& graph, int depth)
      : graph_(graph), depth_(depth), layer_nodes_(graph.layers.size()), writers_(graph.values.size()) {
    for (const Node& node : graph.nodes) writers_[static_cast<std::size_t>(node.output)] = node.layer;
  }

  std::string write(const OutlineItem& outline) {
    text_ = fmt::format(
        "digraph {} {{\n"
        "  graph [fontname=\"Helvetica\", fontsize=12, labeljust=l, style=rounded, color=\"#999999\"];\n"
        "  node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"rounded,filled\", fillcolor=white];\n"
        "  edge [fontname=\"Helvetica\", fontsize=9];\n",
        quoted(graph_.name));
    node("input", "input\n" + spaced(graph_.input_shape()), ", shape=ellipse");
    add_items(outline, "input", 1);
    return text_ + edges_ + "}\n";
  }

 private:
  /// Adds the items of a list and returns the node that the last one's value comes from; the first reads from `before`.
  std::string add_items(const OutlineItem& list, std::string before, int level) {
    for (const OutlineItem& item : list.items) before = add_item(item, before, level);
    return before;
  }

  std::string add_item(const OutlineItem& item, const std::string& before, int level) {
    if (item.is_layer()) return add_layer(item, before);
    if (level >= depth_ || item.items.empty()) return add_folded(item, before);
    const std::string entry = source(item, before);
    if (item.branching) return add_branches(item, entry, level + 1);
    text_ += fmt::format("{}subgraph cluster_{} {{\n", margin(), item.group);
    ++indent_;
    text_ += fmt::format("{}label={};\n", margin(), quoted(title(item)));
    const std::string last = add_items(item, entry, level + 1);
    --indent_;
    text_ += margin() + "}\n";
    return last;
  }

  /// The branches side by side, then the node that joins them, which bears the branching item's label. Without a join there is one branch.
  std::string add_branches(const OutlineItem& item, const std::string& entry, int level) {
    if (!item.has_join()) return add_items(item.branches().front(), entry, level);
    const OutlineItem& join = item.items.back();
    const std::string name = layer_node(join, fmt::format("{}: {}", item.label, layer(join).type), "", true);
    for (const OutlineItem& branch : item.branches()) {
      const std::string last = add_items(branch, source(branch, entry), level);
      edge(last, name, branch.output, branch.label);
    }
    return name;
  }

  std::string add_layer(const OutlineItem& item, const std::string& before) {
    const std::string name = layer_node(item, title(item), in_lines(layer(item).arguments), item.inputs.size() > 1);
    if (item.from.empty()) {
      edge(before, name, item.inputs.front());
    } else {
      for (const ValueId input : item.inputs) edge(writer(input), name, input);
    }
    return name;
  }

  std::string layer_node(const OutlineItem& item, const std::string& first_line, const std::string& arguments, bool join) {
    const std::string name = fmt::format("layer_{}", item.layer);
    layer_nodes_[static_cast<std::size_t>(item.layer)] = name;
    node(name, label({first_line, arguments, spaced(layer(item).output)}), look(item, join));
    return name;
  }

  /// A group that is one node.
  std::string add_folded(const OutlineItem& item, const std::string& before) {
    const std::string name = fmt::format("group_{}", item.group);
    const std::string content = item.layers == 0 ? "identity" : fmt::format("{} layers", item.layers);
    const std::string parameters = item.parameters == 0 ? "" : fmt::format("{} parameters", with_separators(item.parameters));
    node(name, label({title(item), content, parameters, spaced(shape(item.output))}), look(item, false) + ", peripheries=2");
    edge(source(item, before), name, item.inputs.front());
    std::vector<ValueId> read = item.inputs;
    add_outer_inputs(item, graph_.groups[static_cast<std::size_t>(item.group)].first_layer, name, read);
    for (std::int64_t i = 0; i < item.layers; ++i)
      layer_nodes_[static_cast<std::size_t>(graph_.groups[static_cast<std::size_t>(item.group)].first_layer + i)] = name;
    return name;
  }

  /// Edges to the folded group `name`, whose first layer is `first`, from what its layers name outside it, each value once.
  void add_outer_inputs(const OutlineItem& item, LayerId first, const std::string& name, std::vector<ValueId>& read) {
    for (const ValueId input : item.inputs) {
      const bool outside = input == 0 || writers_[static_cast<std::size_t>(input)] < first;
      if (!outside || std::find(read.begin(), read.end(), input) != read.end()) continue;
      edge(writer(input), name, input);
      read.push_back(input);
    }
    for (const OutlineItem& part : item.items) add_outer_inputs(part, first, name, read);
  }

  /// The node that what enters a group comes from.
  std::string source(const OutlineItem& group, const std::string& before) const {
    return group.from.empty() ? before : writer(group.inputs.front());
  }

  const std::string& writer(ValueId value) const {
    static const std::string input = "input";
    return value == 0 ? input : layer_nodes_[static_cast<std::size_t>(writers_[static_cast<std::size_t>(value)])];
  }

  std::string title(const OutlineItem& item) const {
    return fmt::format("{}: {}", item.label, item.is_layer() ? layer(item).type : graph_.groups[static_cast<std::size_t>(item.group)].type);
  }

  const Layer& layer(const OutlineItem& item) const { return graph_.layers[static_cast<std::size_t>(item.layer)]; }
  const Shape& shape(ValueId value) const { return graph_.values[static_cast<std::size_t>(value)]; }
  std::string margin() const { return std::string(2 * indent_, ' '); }

  void node(const std::string& name, const std::string& text, const std::string& attributes) {
    text_ += fmt::format("{}{} [label={}{}];\n", margin(), name, quoted(text), attributes);
  }

  void edge(const std::string& from, const std::string& to, ValueId value, const std::string& branch = "") {
    edges_ += fmt::format("  {} -> {} [label={}];\n", from, to, quoted(label({branch, spaced(shape(value))})));
  }

  const Graph& graph_;
  int depth_;
  std::vector<std::string> layer_nodes_;  // the node that shows each layer
  std::vector<LayerId> writers_;          // of each value; of no meaning for the input
  std::size_t indent_ = 1;
  std::string text_;
  std::string edges_;
};

}  // namespace

std::string to_dot(const Graph& graph, const OutlineItem& outline, int depth) { return DotWriter(graph, depth).write(outline); }

}  // namespace cnnctl
