#include "engine/graph/outline.h"

#include <doctest/doctest.h>

#include "tests/graph/grouped.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

using Names = std::vector<std::string>;

/// layer1 of two residual blocks, the first with a convolution as shortcut, the second with the identity.
GroupedGraph residual_network() {
  GroupedGraph graph({4, 8, 8});
  graph.conv("conv1", 4).open("group", "layer1");
  graph.open("block", "0").open_branches("residual", "0", true);
  graph.branch("body").conv("conv1", 8).relu("relu").conv("conv2", 8).close_branch();
  graph.branch("shortcut").open("group", "downsample").conv("0", 8).close().close_branch();
  graph.close_branches().relu("1").close();
  graph.open("block", "1").open_branches("residual", "0", true);
  graph.branch("body").conv("conv1", 8).close_branch().branch("shortcut").close_branch();
  graph.close_branches().relu("1").close();
  graph.close().relu("relu");
  return graph;
}

}  // namespace

TEST_CASE("the outline of a chain without groups is its layers, none of which names its input") {
  const Graph graph = Chain({1, 8, 8}).convolution(4).batch_norm().relu();
  const OutlineItem outline = make_outline(graph);
  REQUIRE(outline.items.size() == 3);
  CHECK(outline.layers == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(outline.items[i].layer == static_cast<LayerId>(i));
    CHECK(outline.items[i].from.empty());
    CHECK(outline.items[i].inputs == std::vector{static_cast<ValueId>(i)});
  }
}

TEST_CASE("the outline nests groups, and sums what they hold") {
  const GroupedGraph network = residual_network();
  const Graph& graph = network;
  const OutlineItem outline = make_outline(graph);
  REQUIRE(outline.items.size() == 3);
  const OutlineItem& layer1 = outline.items[1];
  CHECK(layer1.label == "layer1");
  CHECK(layer1.layers == 9);
  CHECK(layer1.parameters == 4 * 8 + 8 * 8 + 4 * 8 + 8 * 8);
  CHECK(layer1.macs == 64 * layer1.parameters);
  CHECK(layer1.output == graph.output - 1);
  REQUIRE(layer1.items.size() == 2);
  CHECK(outline.parameters == layer1.parameters + 16);
}

TEST_CASE("a branching item holds its branches, then the layer that joins them, under the names that stand around it") {
  const GroupedGraph network = residual_network();
  const OutlineItem outline = make_outline(network);
  const OutlineItem& residual = outline.items[1].items[0].items[0];
  CHECK(residual.branching);
  REQUIRE(residual.items.size() == 3);
  const OutlineItem& body = residual.items[0];
  CHECK(body.label == "body");
  CHECK(body.items[0].label == "conv1");
  CHECK(residual.items[1].items[0].label == "downsample");
  CHECK(residual.items[1].items[0].items[0].label == "0");
  const OutlineItem& join = residual.items[2];
  CHECK(join.is_layer());
  CHECK(join.inputs == std::vector{body.output, residual.items[1].output});
  CHECK(join.from.empty());
  CHECK(residual.output == join.output);
  CHECK(residual.items[1].from.empty());  // it reads what enters the item, which is no news
}

TEST_CASE("an empty branch is the identity: its output is what enters the item") {
  const GroupedGraph network = residual_network();
  const OutlineItem outline = make_outline(network);
  const OutlineItem& residual = outline.items[1].items[1].items[0];
  const OutlineItem& shortcut = residual.items[1];
  CHECK(shortcut.items.empty());
  CHECK(shortcut.output == residual.inputs.front());
  CHECK(shortcut.from.empty());
}

TEST_CASE("an item that does not read the item before names what it reads as it is seen from its list") {
  GroupedGraph graph({4, 8, 8});
  graph.open("group", "stem").conv("a", 4).relu("b").close();
  const ValueId stem = graph.current();
  graph.open("group", "tail").conv("first", 4);
  const ValueId first = graph.current();
  graph.relu("second").from(first).relu("third").from(stem).relu("fourth").join("add", "sum", {first, stem}).close();
  graph.from(0).conv("whole", 4).from(first).relu("last");
  const OutlineItem outline = make_outline(graph);
  const std::vector<OutlineItem>& tail = outline.items[1].items;
  CHECK(outline.items[1].from.empty());
  CHECK(tail[1].from.empty());
  CHECK(tail[2].from == Names{"first"});
  CHECK(tail[3].from == Names{"input"});  // of the list
  CHECK(tail[4].from == Names{"first", "input"});
  CHECK(outline.items[2].from == Names{"input"});
  CHECK(outline.items[3].from == Names{"tail.first"});
}

TEST_CASE("a group whose first layer reads elsewhere names that itself, by the whole group that ends there") {
  GroupedGraph graph({4, 8, 8});
  graph.open("group", "stem").conv("a", 4).relu("b").close();
  const ValueId stem = graph.current();
  graph.conv("other", 4).from(stem).open("group", "side").relu("0").relu("1").close();
  const OutlineItem outline = make_outline(graph);
  CHECK(outline.items[2].from == Names{"stem"});
  CHECK(outline.items[2].items[0].from.empty());
}

TEST_CASE("a branching item with an identity branch tells by its join where it reads from") {
  GroupedGraph graph({4, 8, 8});
  graph.conv("a", 4);
  const ValueId a = graph.current();
  graph.conv("b", 4).from(a).open_branches("residual", "r");
  graph.branch("body").relu("0").close_branch().branch("shortcut").close_branch().close_branches();
  const OutlineItem outline = make_outline(graph);
  CHECK(outline.items[2].from == Names{"a"});
  for (const OutlineItem& branch : outline.items[2].items) CHECK(branch.from.empty());
}

TEST_CASE("a sum reads twice what one of its nodes reads twice, and only once what several of them read") {
  GroupedGraph network({4, 8, 8});
  Graph graph = network.conv("a", 4).join("add", "sum", {1, 1});
  graph.output = add_node(graph, Binary{}, {graph.output, 1}, graph.output_shape(), {}, 1);
  CHECK(make_outline(graph).items[1].inputs == std::vector<ValueId>{1, 1});
}

TEST_CASE("an identity layer and an empty group give what they get") {
  GroupedGraph graph({4, 8, 8});
  graph.conv("a", 4).identity("b").open("group", "c").close().relu("d");
  const OutlineItem outline = make_outline(graph);
  REQUIRE(outline.items.size() == 4);
  CHECK(outline.items[1].output == outline.items[0].output);
  CHECK(outline.items[2].output == outline.items[0].output);
  CHECK(outline.items[2].layers == 0);
  CHECK(outline.items[3].from.empty());
}

}  // namespace cnnctl
