#include "engine/network/blocks.h"

#include <doctest/doctest.h>

#include "tests/network/build.h"

namespace cnnctl {
namespace {

/// A network with these blocks, on an input of 4x8x8.
Built build_with(const std::string& blocks, const std::string& model, const std::string& vars = "{}") {
  return build("vars: " + vars + "\nblocks:\n" + blocks + "input: [4, 8, 8]\nmodel:\n" + model);
}

const std::string unit =
    "  unit:\n"
    "    params: {width: , kernel: 3, act: relu}\n"
    "    layers:\n"
    "      - conv: {name: conv, out_channels: $width, kernel_size: $kernel, padding: \"${floor(kernel / 2)}\"}\n"
    "      - $act\n";

}  // namespace

TEST_CASE("a block's instance is a level in names, called by its name or its index") {
  const Built built = build_with(unit, "  - unit: {width: 2}\n  - unit: {name: last, width: 3, kernel: 1, act: tanh}\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"0.conv", "0.1", "last.conv", "last.1"});
  CHECK(built.graph.layers[3].type == "tanh");
  CHECK(built.graph.output_shape() == Shape{3, 8, 8});
  CHECK(built.graph.groups[0].type == "unit");
}

TEST_CASE("repeat counts instances and index names them") {
  const Built built = build_with(unit, "  - unit: {name: \"u${index + 1}\", width: \"${4 * (index + 1)}\", repeat: 3}\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"u1.conv", "u1.1", "u2.conv", "u2.1", "u3.conv", "u3.1"});
  CHECK(built.graph.output_shape().channels == 12);
}

TEST_CASE("in a block's body index counts the instances, unless something inside is repeated") {
  const std::string blocks =
      "  wide: {layers: [{conv: {out_channels: \"${2 * (index + 1)}\", kernel_size: 1}}, {g: [{relu: {name: \"r${index}\", repeat: "
      "2}}]}]}\n";
  const Built built = build_with(blocks, "  - wide: {repeat: 3}\n");
  CHECK(built.messages().empty());
  CHECK(built.graph.output_shape().channels == 6);
  CHECK(built.names().back() == "2.g.r1");
}

TEST_CASE("parameters hide vars, defaults see earlier parameters, and arguments belong to the caller") {
  const std::string blocks =
      "  inner:\n"
      "    params: {width: , twice: \"${2 * width}\"}\n"
      "    layers: [{conv: {out_channels: $twice, kernel_size: 1}}]\n"
      "  outer:\n"
      "    params: {width: }\n"
      "    layers: [{inner: {width: \"${width + 1}\"}}]\n";
  const Built built = build_with(blocks, "  - outer: {width: \"${width * 10}\"}\n", "{width: 1}");
  CHECK(built.messages().empty());
  CHECK(built.graph.output_shape().channels == 22);
}

TEST_CASE("in_channels is what enters the innermost block's body, and the caller's where the caller writes it") {
  const std::string blocks =
      "  squeeze:\n"
      "    params: {to: }\n"
      "    layers: [{conv: {out_channels: $to, kernel_size: 1}}, {conv: {out_channels: $in_channels, kernel_size: 1}}]\n"
      "  wide:\n"
      "    layers:\n"
      "      - conv: {out_channels: \"${in_channels * 6}\", kernel_size: 1}\n"
      "      - squeeze: {to: \"${in_channels / 4}\"}\n";
  const Built built = build_with(blocks, "  - wide\n  - conv: {out_channels: \"${in_channels + in_height}\", kernel_size: 1}\n");
  CHECK(built.messages().empty());
  CHECK(built.graph.values[2].channels == 1);
  CHECK(built.graph.values[3].channels == 24);
  CHECK(built.graph.output_shape().channels == 12);
}

TEST_CASE("items can be parameters, and keep the meaning they have where they are written") {
  const std::string blocks =
      "  twice:\n"
      "    params: {items: , width: 7}\n"
      "    layers: [$items, {residual: {body: $items}}]\n"
      "  user:\n"
      "    params: {width: }\n"
      "    layers:\n"
      "      - twice: {items: [{conv: {out_channels: $width, kernel_size: 1}}]}\n";
  const Built built = build_with(blocks, "  - user: {width: 4}\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"0.0.0", "0.0.1.0", "0.0.1"});
  CHECK(built.graph.output_shape().channels == 4);
}

TEST_CASE("a name passed as an argument is resolved where the instance stands") {
  const std::string blocks =
      "  skip:\n"
      "    params: {source: }\n"
      "    layers: [tanh, {relu: {name: a}}, {add: {from: [a, $source]}}]\n"
      "  through:\n"
      "    params: {other: }\n"
      "    layers: [{skip: {source: $other}}]\n";
  const std::string model = "  - sigmoid: {name: a}\n  - elu\n  - skip: {source: a}\n  - through: {other: a}\n";
  const Built built = build_with(blocks, model);
  CHECK(built.messages().empty());
  CHECK(built.graph.nodes[4].inputs == std::vector<ValueId>{4, 1});
  CHECK(built.graph.nodes[7].inputs == std::vector<ValueId>{7, 1});
}

TEST_CASE("an absent item that reads what a block's parameter names is not built") {
  const std::string blocks =
      "  b:\n"
      "    params: {source: , on: false}\n"
      "    layers:\n"
      "      - tanh\n"
      "      - group: {name: g, when: $on, layers: [{conv: {from: $source, out_channels: 8, kernel_size: 1}}]}\n";
  const Built absent = build_with(blocks, "  - sigmoid: {name: a}\n  - b: {source: a}\n");
  CHECK(absent.messages().empty());
  CHECK(absent.names() == Names{"a", "1.0"});
  CHECK(absent.parameters().empty());
  CHECK(build_with(blocks, "  - sigmoid: {name: a}\n  - b: {source: a, on: true}\n").names() == Names{"a", "1.0", "1.g.0"});
}

TEST_CASE("names around an instance are not visible in the block's body") {
  CHECK(build_with("  b:\n    layers: [{relu: {from: stem}}]\n", "  - tanh: {name: stem}\n  - b\n").messages() ==
        Names{"nothing before this item is called 'stem'"});
}

TEST_CASE("an expression that is one name keeps its meaning as $name does, for items and for what from names") {
  const std::string blocks =
      "  twice:\n"
      "    params: {items: , width: 7}\n"
      "    layers: \"${items}\"\n"
      "  user:\n"
      "    params: {width: }\n"
      "    layers:\n"
      "      - twice: {items: [{conv: {out_channels: $width, kernel_size: 1}}]}\n"
      "  skip:\n"
      "    params: {source: }\n"
      "    layers: [tanh, {relu: {name: a}}, {add: {from: [a, \"${ source }\"]}}]\n";
  const Built built = build_with(blocks, "  - sigmoid: {name: a}\n  - skip: {source: a}\n  - user: {width: 4}\n");
  CHECK(built.messages().empty());
  CHECK(built.graph.nodes[3].inputs == std::vector<ValueId>{3, 1});
  CHECK(built.graph.output_shape().channels == 4);
}

TEST_CASE("an inline block puts its items into the list where it stands") {
  const std::string blocks =
      "  conv_relu:\n"
      "    inline: true\n"
      "    params: {width: }\n"
      "    layers: [{conv: {out_channels: $width, kernel_size: 1}}, relu]\n";
  const Built built = build_with(blocks, "  - tanh\n  - conv_relu: {width: 2, repeat: 2}\n  - sigmoid\n");
  CHECK(built.messages().empty());
  CHECK(built.names() == Names{"0", "1", "2", "3", "4", "5"});
  CHECK(build_with(blocks, "  - conv_relu: {width: 2, name: x}\n").messages().size() == 1);
}

TEST_CASE("what an inline block names is visible behind it") {
  const Built built = build_with("  b:\n    inline: true\n    layers: [{relu: {name: a}}, tanh]\n", "  - b\n  - sigmoid: {from: a}\n");
  CHECK_FALSE(built.diagnostics.has_errors());
  CHECK(built.graph.nodes.back().inputs == std::vector<ValueId>{1});
}

TEST_CASE("a mistake inside a block shows its line and every line that used it") {
  const std::string blocks =
      "  inner:\n"
      "    params: {k: }\n"
      "    layers: [{max_pool: {kernel_size: $k}}]\n"
      "  outer:\n"
      "    layers:\n"
      "      - inner: {k: 9}\n";
  const Names located = build_with(blocks, "  - outer\n  - outer\n").located();
  REQUIRE(located.size() == 3);
  CHECK(located[0].find("5: ") == 0);
  CHECK(located[1] == "  8: block 'inner' is used here");
  CHECK(located[2] == "  11: block 'outer' is used here");
}

TEST_CASE("an instance is held against the block's parameters") {
  CHECK(build_with(unit, "  - unit: {widht: 2}\n").messages() == Names{"unknown argument 'widht' for unit; did you mean 'width'?"});
  CHECK(build_with(unit, "  - unit\n").messages() == Names{"unit needs width (a parameter of the block without a default)"});
  CHECK(build_with(unit, "  - unti: {width: 2}\n").messages() == Names{"unknown layer 'unti'; did you mean 'unit'?"});
}

TEST_CASE("blocks that contain themselves without end are refused") {
  CHECK(build_with("  b:\n    layers: [b]\n", "  - b\n").messages() == Names{"groups and blocks are nested deeper than 64 levels"});
  CHECK(build_with("  a:\n    layers: [b]\n  b:\n    layers: [a]\n", "  - a\n").messages() ==
        Names{"groups and blocks are nested deeper than 64 levels"});
}

TEST_CASE("a block may contain itself as long as that ends") {
  const std::string fractal =
      "  fractal:\n"
      "    params: {depth: }\n"
      "    layers:\n"
      "      - tanh: {when: \"${depth == 0}\"}\n"
      "      - fractal: {depth: \"${depth - 1}\", when: \"${depth > 0}\"}\n"
      "      - fractal: {depth: \"${depth - 1}\", when: \"${depth > 0}\"}\n";
  CHECK(build_with(fractal, "  - fractal: {depth: 3}\n").graph.nodes.size() == 8);
}

TEST_CASE("a block's own form is checked, and what uses a broken one is not reported again") {
  CHECK(build_with("  conv: {layers: [relu]}\n", "  - relu\n").messages() == Names{"a block cannot be called 'conv': that is a layer"});
  CHECK(build_with("  b: {params: {index: 1}, layers: [relu]}\n", "  - b\n").messages() == Names{"'index' cannot name a parameter"});
  CHECK(build_with("  b: {params: {}}\n", "  - b\n").messages() == Names{"block 'b' needs layers (a list of items)"});
  CHECK(build_with("  b: [relu]\n", "  - b\n").messages().size() == 1);
  CHECK(build_with("  b: {layer: [relu]}\n", "  - relu\n").messages().size() == 2);
  CHECK(build_with("  b: {layers: 5}\n", "  - b\n").messages().size() == 1);
}

TEST_CASE("an absent instance has its arguments checked, whatever shape enters") {
  CHECK(build_with(unit, "  - relu\n  - unit: {widht: 1, width: 2, when: false}\n").messages().size() == 1);
  CHECK(build_with(unit, "  - relu\n  - unit: {width: $in_channels, when: false}\n").messages().empty());
}

}  // namespace cnnctl
