#include "cli/commands/shape_table.h"

#include <doctest/doctest.h>

#include "tests/cli/process.h"
#include "tests/graph/grouped.h"
#include "tests/support/input_error.h"

namespace cnnctl {
namespace {

constexpr std::size_t wide = 1000;

/// A block with a residual, a concatenation of four branches, and a sum of items that it names.
GroupedGraph network() {
  GroupedGraph graph({4, 8, 8});
  graph.conv("stem", 4);
  const ValueId stem = graph.current();
  graph.open("group", "layer1").open("block", "0").open_branches("residual", "0", true);
  graph.branch("body").open("group", "convs").conv("a", 8).conv("b", 4).close().close_branch();
  graph.branch("shortcut").close_branch().close_branches().relu("1").close().close();
  const ValueId layer1 = graph.current();
  graph.open_branches("concat", "mixed");
  for (const char* label : {"branch 1", "branch 2", "branch 3", "branch 4"}) graph.branch(label).conv("0", 2).close_branch();
  graph.close_branches();
  graph.from(stem).conv("side", 4);
  graph.join("add", "sum", {layer1, graph.current()}).relu("last");
  return graph;
}

std::string table(const GroupedGraph& graph, int depth, std::size_t columns = wide) {
  return "\n" + shape_table(graph, make_outline(graph), depth, columns);
}

}  // namespace

TEST_CASE("the table indents what groups and branches hold, says what a join joins, and where an item does not read the item before") {
  CHECK(table(network(), every_level) == R"(
layer                     type      arguments          output     arithmetic  parameters   MACs
------------------------  --------  -----------------  ---------  ----------  ----------  -----
input                                                  4 x 8 x 8
stem                      conv      4                  4 x 8 x 8                      16  1,024
layer1                    group
  0                       block
    0                     residual
      body:
        convs             group
          a               conv      8                  8 x 8 x 8                      32  2,048
          b               conv      4                  4 x 8 x 8                      32  2,048
      shortcut: identity
      =                   residual  body + shortcut    4 x 8 x 8
    1                     relu                         4 x 8 x 8
mixed                     concat
  branch 1:
    0                     conv      2                  2 x 8 x 8                       8    512
  branch 2:
    0                     conv      2                  2 x 8 x 8                       8    512
  branch 3:
    0                     conv      2                  2 x 8 x 8                       8    512
  branch 4:
    0                     conv      2                  2 x 8 x 8                       8    512
  =                       concat    4 branches         8 x 8 x 8
side                      conv      4, from stem       4 x 8 x 8                      16  1,024
sum                       add       from layer1, side  4 x 8 x 8
last                      relu                         4 x 8 x 8
)");
}

TEST_CASE("groups at the depth are one row with their sums; a branch is no level of its own") {
  CHECK(table(network(), 1) == R"(
layer   type    arguments          output     arithmetic  parameters   MACs
------  ------  -----------------  ---------  ----------  ----------  -----
input                              4 x 8 x 8
stem    conv    4                  4 x 8 x 8                      16  1,024
layer1  group   4 layers           4 x 8 x 8                      64  4,096
mixed   concat  5 layers           8 x 8 x 8                      32  2,048
side    conv    4, from stem       4 x 8 x 8                      16  1,024
sum     add     from layer1, side  4 x 8 x 8
last    relu                       4 x 8 x 8
)");
  const std::string three = table(network(), 3);
  CHECK(contains(three, "residual  3 layers"));
  CHECK(contains(three, "  branch 4:\n    0        conv"));
}

TEST_CASE("a network without groups is a row a layer, called by their full names") {
  GroupedGraph graph({4, 8, 8});
  graph.conv("stem.0", 4).relu("stem.1");
  CHECK(table(graph, every_level) == R"(
layer   type  arguments  output     arithmetic  parameters   MACs
------  ----  ---------  ---------  ----------  ----------  -----
input                    4 x 8 x 8
stem.0  conv  4          4 x 8 x 8                      16  1,024
stem.1  relu             4 x 8 x 8
)");
}

TEST_CASE("an empty group is an identity") {
  GroupedGraph graph({4, 8, 8});
  graph.conv("0", 4).open("block", "nothing").close();
  CHECK(contains(table(graph, every_level), "nothing  block  identity   4 x 8 x 8"));
}

TEST_CASE("a table that is too wide loses its arithmetic, then the last of its arguments") {
  GroupedGraph graph({4, 8, 8});
  graph.conv("stem", 4);
  Layer& row = graph.last_row();
  row.arguments = "4, kernel 1x1, stride 1x1, no bias";
  row.arithmetic = "(8 - 1) / 1 + 1 = 8";
  const auto columns = lines(table(graph, every_level))[2].size();
  CHECK(contains(table(graph, every_level, columns), "arithmetic"));
  const std::string narrower = table(graph, every_level, columns - 1);
  CHECK_FALSE(contains(narrower, "arithmetic"));
  CHECK(contains(narrower, row.arguments));
  const std::string narrow = table(graph, every_level, 75);
  CHECK(contains(narrow, "4, kernel 1x1, stride 1x1, ... "));
  for (const std::string& line : lines(narrow)) CHECK(line.size() <= 75);
}

}  // namespace cnnctl
