#include <doctest/doctest.h>

#include "tests/network/build.h"

namespace cnnctl {
namespace {

std::string ops(const Built& built) { return to_string(built.graph); }

}  // namespace

TEST_CASE("a residual adds its body to its input where the shapes agree") {
  const Built built = build_model("  - residual: {body: [{conv: {out_channels: 4, kernel_size: 3, padding: 1}}, relu]}\n");
  CHECK(built.messages().empty());
  CHECK(ops(built) == "1: convolution(0) -> 4x8x8  0.0\n2: relu(1) -> 4x8x8  0.1\n3: add(2, 0) -> 4x8x8  0\n");
}

TEST_CASE("auto projects the input where the shapes differ, by the smallest stride that fits") {
  const Built built = build_model("  - residual: {body: [{conv: {out_channels: 6, kernel_size: 3, stride: [2, 4], padding: 1}}]}\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"0.0", "0.downsample.0", "0.downsample.1", "0"});
  const auto& projection = std::get<Convolution>(built.graph.nodes[1].op);
  CHECK(projection.vertical == Window{1, 2, 0, 0, 1});
  CHECK(projection.horizontal == Window{1, 4, 0, 0, 1});
  CHECK_FALSE(projection.bias);
  CHECK(built.graph.output_shape() == Shape{6, 4, 2});
}

TEST_CASE("optional adds nothing where the shapes differ and the input where they agree") {
  const Built differs = build_model("  - residual: {shortcut: optional, body: [{max_pool: {kernel_size: 2}}]}\n");
  CHECK(ops(differs) == "1: max_pooling(0) -> 4x4x4  0.0\n");
  CHECK(ops(build_model("  - residual: {shortcut: optional, body: [tanh]}\n")) == "1: tanh(0) -> 4x8x8  0.0\n2: add(1, 0) -> 4x8x8  0\n");
}

TEST_CASE("identity insists on equal shapes and shows both with their lines") {
  const Built built = build_model(
      "  - residual:\n"
      "      body:\n"
      "        - conv: {out_channels: 8, kernel_size: 1, stride: 2}\n"
      "      shortcut: identity\n");
  CHECK(built.located() == Names{"3: residual: branches differ in shape: body 8x4x4 (line 5), shortcut 4x8x8 (line 6)"});
  CHECK(built.diagnostics.sorted()[0].hint ==
        "give the shortcut a conv with out_channels 8, kernel_size 1, stride 2, or write shortcut: auto");
}

TEST_CASE("the advice for a shortcut has a stride for each dimension, and none where one of them has no such stride") {
  const auto hint = [](const std::string& layer) {
    const Built built = build_model("  - residual: {shortcut: identity, body: [{" + layer + "}]}\n");
    return built.diagnostics.sorted().at(0).hint;
  };
  CHECK(hint("conv: {out_channels: 8, kernel_size: 1, stride: [2, 1]}") ==
        "give the shortcut a conv with out_channels 8, kernel_size 1, stride [2, 1], or write shortcut: auto");
  CHECK(hint("conv: {out_channels: 8, kernel_size: [1, 4], stride: [2, 1]}").starts_with("no 1x1 convolution makes"));
}

TEST_CASE("auto that no 1x1 convolution can serve is the same error") {
  CHECK(build_model("  - residual: {body: [{conv: {out_channels: 4, kernel_size: 4}}]}\n").messages() ==
        Names{"residual: branches differ in shape: body 4x5x5 (line 3), shortcut 4x8x8 (line 3)"});
  CHECK(build_model("  - flatten\n  - residual: {body: [{linear: {out_features: 3}}]}\n").messages().size() == 1);
}

TEST_CASE("a shortcut may be a list of items") {
  const Built built = build_model("  - residual: {body: [tanh], shortcut: [relu, sigmoid]}\n");
  CHECK(ops(built) == "1: tanh(0) -> 4x8x8  0.0\n2: relu(0) -> 4x8x8  0.1\n3: sigmoid(2) -> 4x8x8  0.2\n4: add(1, 3) -> 4x8x8  0\n");
}

TEST_CASE("concat joins channels, and an empty branch is the identity") {
  const Built built = build_model("  - concat: {branches: [[], [{conv: {out_channels: 3, kernel_size: 1}}], [tanh]]}\n");
  CHECK(built.graph.output_shape() == Shape{11, 8, 8});
  CHECK(built.graph.layers.back().arithmetic == "4 + 3 + 4 = 11");
  CHECK(built.graph.nodes.back().inputs == std::vector<ValueId>{0, 1, 2});
}

TEST_CASE("a sum of more than two branches is a chain of sums in one layer") {
  CHECK(ops(build_model("  - add: {branches: [[relu], [tanh], []]}\n")) ==
        "1: relu(0) -> 4x8x8  0.0\n2: tanh(0) -> 4x8x8  0.1\n3: add(1, 2) -> 4x8x8  0\n4: add(3, 0) -> 4x8x8  0\n");
}

TEST_CASE("a product takes a factor of channels x 1 x 1 on either side") {
  const std::string pool = "[{adaptive_avg_pool: {output_size: 1}}]";
  const Built behind = build_model("  - multiply: {branches: [[], " + pool + "]}\n");
  const Built before = build_model("  - multiply: {branches: [" + pool + ", []]}\n");
  CHECK(behind.graph.nodes.back().inputs == std::vector<ValueId>{0, 1});
  CHECK(before.graph.nodes.back().inputs == std::vector<ValueId>{0, 1});
  CHECK(build_model("  - add: {branches: [[], " + pool + "]}\n").messages() ==
        Names{"add: branches differ in shape: branch 1 4x8x8 (line 3), branch 2 4x1x1 (line 3)"});
}

TEST_CASE("of very many branches a mistake shows the first and the one that differs") {
  std::string branches;
  for (int i = 0; i < 100; ++i) branches += "        - []\n";
  CHECK(build_model("  - add:\n      branches:\n" + branches + "        - [flatten]\n").messages() ==
        Names{"add: branches differ in shape: branch 1 4x8x8 (line 5), branch 101 256 (line 105), and 99 more"});
}

TEST_CASE("vectors are joined as maps are") {
  const Built built =
      build_model("  - flatten\n  - concat: {branches: [[], [{linear: {out_features: 10}}]]}\n  - residual: {body: [relu]}\n");
  CHECK(built.messages().empty());
  CHECK(built.graph.output_shape() == Shape{266, 1, 1, true});
  CHECK(build_model("  - concat: {branches: [[], [flatten]]}\n").messages() ==
        Names{"concat: branches differ in height or width: branch 1 4x8x8 (line 3), branch 2 256 (line 3)"});
}

TEST_CASE("an unnamed item with branches is transparent to names and numbers what has none") {
  const Built built = build_model(
      "  - relu\n"
      "  - concat:\n"
      "      branches:\n"
      "        - [{conv: {name: a, out_channels: 1, kernel_size: 1}}, relu]\n"
      "        - [tanh, {residual: {body: [{batch_norm: {name: b}}, elu]}}, inner: [relu]]\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"0", "a", "1.1", "1.2", "b", "1.3.1", "1.3", "inner.0", "1"});
}

TEST_CASE("a named item with branches is a level of its own") {
  const Built built = build_model("  - add: {name: join, branches: [[{relu: {name: a}}], [tanh, relu]]}\n  - relu: {name: a}\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"join.a", "join.1", "join.2", "join", "a"});
}

TEST_CASE("two projections in one list do not collide, and in a block they stand at its level") {
  const std::string body = "body: [{max_pool: {kernel_size: 2}}]";
  CHECK(build_model("  - residual: {" + body + "}\n  - residual: {name: second, " + body + "}\n").names() ==
        Names{"0.0", "0.downsample.0", "0.downsample.1", "0", "second.0", "second.downsample.0", "second.downsample.1", "second"});
  const Built block = build("input: [4, 8, 8]\nblocks: {b: {layers: [{residual: {" + body + "}}, relu]}}\nmodel: [b, {b: {name: x}}]\n");
  CHECK(block.messages().empty());
  CHECK(block.parameters()[0] == "0.downsample.0.weight");
  CHECK(block.parameters()[5] == "x.downsample.0.weight");
  CHECK(block.names()[4] == "0.1");  // the projection takes no index
}

TEST_CASE("from lets a layer read any earlier item, and many may read one") {
  const Built built = build_model(
      "  - tanh: {name: a}\n"
      "  - relu: {name: b}\n"
      "  - sigmoid: {from: a}\n"
      "  - add: {from: [a, b, input]}\n"
      "  - group: {from: b, layers: [relu]}\n"
      "  - residual: {from: a, body: [relu]}\n");
  CHECK_FALSE(built.diagnostics.has_errors());
  CHECK(ops(built) ==
        "1: tanh(0) -> 4x8x8  a\n2: relu(1) -> 4x8x8  b\n3: sigmoid(1) -> 4x8x8  2\n4: add(1, 2) -> 4x8x8  3\n5: add(4, 0) -> 4x8x8  3\n"
        "6: relu(2) -> 4x8x8  4.0\n7: relu(1) -> 4x8x8  5.0\n8: add(7, 1) -> 4x8x8  5\n");
}

TEST_CASE("from looks outwards, and what lies inside a group or a branch is not seen from outside") {
  CHECK(build_model("  - tanh: {name: a}\n  - g: [relu, [{sigmoid: {from: a}}]]\n").graph.nodes.back().inputs == std::vector<ValueId>{1});
  CHECK(build_model("  - g: [{relu: {name: a}}]\n  - tanh: {from: a}\n").messages() == Names{"nothing before this item is called 'a'"});
  CHECK(build_model("  - add: {branches: [[{relu: {name: a}}], []]}\n  - tanh: {from: a}\n").messages() ==
        Names{"nothing before this item is called 'a'"});
}

TEST_CASE("from may be a var or a parameter that lists names") {
  const Built built = build(
      "vars: {sources: [a, b]}\ninput: [4, 8, 8]\nmodel:\n  - tanh: {name: a}\n  - relu: {name: b}\n"
      "  - add: {from: $sources}\n");
  CHECK(built.messages().empty());
  CHECK(built.graph.nodes.back().inputs == std::vector<ValueId>{1, 2});
  const Built block = build(
      "input: [4, 8, 8]\nblocks: {sum: {params: {of: }, layers: [{add: {from: $of}}]}}\nmodel:\n  - tanh: {name: a}\n"
      "  - relu: {name: b}\n  - sum: {of: [b, a]}\n");
  CHECK(block.messages().empty());
  CHECK(block.graph.nodes.back().inputs == std::vector<ValueId>{2, 1});
  CHECK(build("vars: {sources: [a, a]}\ninput: [4, 8, 8]\nmodel: [{tanh: {name: a}}, {relu: {from: $sources}}]\n").messages() ==
        Names{"relu has one input, but from lists 2"});
}

TEST_CASE("input is what enters the list") {
  const Built built = build_model("  - tanh\n  - g: [relu, sigmoid, {elu: {from: input}}]\n");
  CHECK(built.graph.nodes.back().inputs == std::vector<ValueId>{1});
  CHECK(build_model("  - relu: {name: input}\n").messages() ==
        Names{"'input' cannot be a name: from: input stands for what enters the list"});
}

TEST_CASE("only the first of repeated items takes from") {
  CHECK(ops(build_model("  - tanh: {name: a}\n  - relu\n  - sigmoid: {from: a, repeat: 2}\n")) ==
        "1: tanh(0) -> 4x8x8  a\n2: relu(1) -> 4x8x8  1\n3: sigmoid(1) -> 4x8x8  2\n4: sigmoid(3) -> 4x8x8  3\n");
}

TEST_CASE("a name that comes later and a cycle are errors with both places") {
  CHECK(build_model("  - relu: {from: b}\n  - tanh: {name: b}\n").located() ==
        Names{"3: 'b' comes later: an item can read only what stands before it", "  4: 'b' is here"});
  CHECK(build_model("  - relu: {name: a, from: a}\n").located() ==
        Names{"3: a cycle: 'a' cannot be an input of itself", "  3: 'a' is here"});
  CHECK(build_model("  - a: [relu, {tanh: {from: a}}]\n").located() ==
        Names{"3: a cycle: 'a' cannot be an input of itself", "  3: 'a' is here"});
}

TEST_CASE("an unknown name gets a suggestion of those that are visible") {
  const Built built = build_model("  - relu: {name: stem}\n  - tanh: {from: stme}\n");
  CHECK(built.messages() == Names{"nothing before this item is called 'stme'; did you mean 'stem'?"});
}

TEST_CASE("wrong forms of branches are errors that say what to write") {
  CHECK(build_model("  - add: {}\n").messages() == Names{"add needs branches, or two names in from"});
  CHECK(build_model("  - add: {branches: [[relu]]}\n").messages() == Names{"branches must be two or more lists of items, not 1"});
  CHECK(build_model("  - add: {branches: relu}\n").messages() == Names{"branches must be two or more lists of items, not 'relu'"});
  CHECK(build_model("  - add: {branches: [relu, []]}\n").messages() == Names{"a branch must be a list of items, not 'relu'"});
  CHECK(build_model("  - relu: {name: a}\n  - add: {from: [a]}\n").messages() == Names{"add joins two items or more, but from lists 1"});
  CHECK(build_model("  - relu: {name: a}\n  - tanh: {from: [a, a]}\n").messages() == Names{"tanh has one input, but from lists 2"});
  CHECK(build_model("  - residual: {}\n").messages().size() == 1);
  CHECK(build_model("  - residual: {body: relu}\n").messages() == Names{"body must be a list of items, not 'relu'"});
  CHECK(build_model("  - residual: {body: [relu], shortcut: atuo}\n").messages() ==
        Names{"shortcut must be a list of items or one of auto, optional, identity, not 'atuo'; did you mean 'auto'?"});
  CHECK(build_model("  - concat: {branch: [[], []]}\n").messages() ==
        Names{"unknown argument 'branch' for concat; did you mean 'branches'?"});
}

TEST_CASE("a layer that nothing reads is a warning") {
  const Built built = build_model("  - relu: {name: a}\n  - tanh: {name: b}\n  - sigmoid: {from: a}\n");
  CHECK_FALSE(built.diagnostics.has_errors());
  CHECK(built.located() == Names{"4: the output does not depend on 'b'"});
}

TEST_CASE("the levels of a network are recorded with their layers") {
  const Built built = build_model("  - stem: [relu]\n  - residual: {name: r, body: [tanh]}\n");
  std::vector<std::string> groups;
  for (const Group& group : built.graph.groups)
    groups.push_back(group.type + " " + group.label + " in " + std::to_string(group.parent) + " from " + std::to_string(group.first_layer));
  CHECK(groups == Names{"group stem in -1 from 0", "residual r in -1 from 1", "branch body in 1 from 1", "branch shortcut in 1 from 2"});
  CHECK(built.graph.layers[0].group == 0);
  CHECK(built.graph.layers[1].group == 2);
  CHECK(built.graph.layers[2].group == 1);
}

}  // namespace cnnctl
