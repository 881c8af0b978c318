#include "cli/commands/dot.h"

#include <doctest/doctest.h>

#include "cli/commands/shape_table.h"
#include "tests/graph/grouped.h"
#include "tests/support/input_error.h"

namespace cnnctl {
namespace {

std::string dot(const Graph& graph, int depth = every_level) { return to_dot(graph, make_outline(graph), depth); }

/// stem, a group of a residual, and a layer that reads the stem as well as the group.
GroupedGraph network() {
  GroupedGraph graph({4, 8, 8});
  graph.conv("stem", 4);
  const ValueId stem = graph.current();
  graph.open("block", "layer1").open_branches("residual", "sum");
  graph.branch("body").conv("0", 8).conv("1", 4).close_branch().branch("shortcut").close_branch().close_branches();
  graph.conv("last", 2).close();
  graph.join("concat", "both", {graph.current(), stem});
  return graph;
}

}  // namespace

TEST_CASE("a graph for Graphviz has a node a layer, a cluster a group, and the shapes at the edges") {
  CHECK(dot(network()) == R"(digraph "test" {
  graph [fontname="Helvetica", fontsize=12, labeljust=l, style=rounded, color="#999999"];
  node [fontname="Helvetica", fontsize=11, shape=box, style="rounded,filled", fillcolor=white];
  edge [fontname="Helvetica", fontsize=9];
  input [label="input\n4 x 8 x 8", shape=ellipse];
  layer_0 [label="stem: conv\n4\n4 x 8 x 8", fillcolor="#d6e6f5"];
  subgraph cluster_0 {
    label="layer1: block";
    layer_3 [label="sum: residual\n4 x 8 x 8", shape=ellipse, fillcolor="#fff2cc"];
    layer_1 [label="0: conv\n8\n8 x 8 x 8", fillcolor="#d6e6f5"];
    layer_2 [label="1: conv\n4\n4 x 8 x 8", fillcolor="#d6e6f5"];
    layer_4 [label="last: conv\n2\n2 x 8 x 8", fillcolor="#d6e6f5"];
  }
  layer_5 [label="both: concat\n6 x 8 x 8", shape=ellipse, fillcolor="#fff2cc"];
  input -> layer_0 [label="4 x 8 x 8"];
  layer_0 -> layer_1 [label="4 x 8 x 8"];
  layer_1 -> layer_2 [label="8 x 8 x 8"];
  layer_2 -> layer_3 [label="body\n4 x 8 x 8"];
  layer_0 -> layer_3 [label="shortcut\n4 x 8 x 8"];
  layer_3 -> layer_4 [label="4 x 8 x 8"];
  layer_4 -> layer_5 [label="2 x 8 x 8"];
  layer_0 -> layer_5 [label="4 x 8 x 8"];
}
)");
}

TEST_CASE("a group at the depth is one node, with an edge from everything that its layers read") {
  GroupedGraph graph({4, 8, 8});
  graph.conv("a", 4);
  const ValueId a = graph.current();
  graph.conv("b", 4).open("group", "g").relu("0").relu("1");
  graph.join("add", "sum", {a, graph.current()}).close().relu("last");
  const std::string text = dot(graph, 1);
  CHECK(contains(text, "group_0 [label=\"g: group\\n3 layers\\n4 x 8 x 8\", peripheries=2];\n"));
  CHECK(contains(text, "layer_1 -> group_0 "));
  CHECK(contains(text, "layer_0 -> group_0 "));
  CHECK(contains(text, "group_0 -> layer_5 "));
  CHECK_FALSE(contains(text, "layer_2"));
}

TEST_CASE("quotes, backslashes and line breaks in a text cannot end a label early") {
  GroupedGraph graph({4, 8, 8});
  graph.conv("a", 4);
  graph.last_row().arguments = "\"]; x \\ \n";
  CHECK(contains(dot(graph), R"(label="a: conv\n\"]; x \\ \n\n4 x 8 x 8")"));
}

}  // namespace cnnctl
