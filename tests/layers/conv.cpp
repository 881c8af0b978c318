#include <doctest/doctest.h>

#include "tests/layers/build.h"

namespace cnnctl {
namespace {

TEST_CASE("conv's output size, arithmetic, parameters and multiply-accumulates are PyTorch's") {
  const Graph graph = build_layer("conv", "{out_channels: 16, kernel_size: 5, padding: 2}", {1, 28, 28});
  CHECK(to_string(graph) == "1: convolution(0) -> 16x28x28  layer\n");
  CHECK(parameter_text(graph) ==
        "layer.weight 16x1x5x5 uniform 0.2\n"
        "layer.bias 16 uniform 0.2\n");
  const Layer& layer = graph.layers.at(0);
  CHECK(layer.name == "layer");
  CHECK(layer.type == "conv");
  CHECK(layer.arguments == "16, kernel 5x5, padding 2x2");
  CHECK(layer.output == Shape{16, 28, 28});
  CHECK(layer.arithmetic == "(28 - 5 + 2*2) / 1 + 1 = 28");
  CHECK(layer.parameters == 416);
  CHECK(layer.macs == 16 * 28 * 28 * 25);
}

TEST_CASE("conv takes every argument by height and width") {
  const Graph graph = build_layer(
      "conv", "{out_channels: 8, kernel_size: [3, 5], stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 4, bias: false}",
      {4, 32, 20});
  const auto& op = std::get<Convolution>(graph.nodes.at(0).op);
  CHECK(op.vertical == Window{3, 2, 1, 1, 1});
  CHECK(op.horizontal == Window{5, 1, 0, 0, 2});
  CHECK(op.groups == 4);
  CHECK_FALSE(op.bias);
  CHECK(graph.output_shape() == Shape{8, 16, 12});
  CHECK(parameter_text(graph) == "layer.weight 8x1x3x5 uniform 0.258199\n");
  const Layer& layer = graph.layers.at(0);
  CHECK(layer.arguments == "8, kernel 3x5, stride 2x1, padding 1x0, dilation 1x2, groups 4, no bias");
  CHECK(layer.arithmetic == "(32 - 3 + 2*1) / 2 + 1 = 16; (20 - 2*(5 - 1) - 1) / 1 + 1 = 12");
  CHECK(layer.macs == 8 * 16 * 12 * 15);
}

TEST_CASE("conv's padding: same keeps the size, an uneven rest standing at the end") {
  const Graph graph = build_layer("conv", "{out_channels: 2, kernel_size: [4, 3], padding: same, dilation: [1, 2]}", {3, 9, 7});
  CHECK(graph.output_shape() == Shape{2, 9, 7});
  const auto& op = std::get<Convolution>(graph.nodes.at(0).op);
  CHECK(op.vertical == Window{4, 1, 1, 2, 1});
  CHECK(op.horizontal == Window{3, 1, 2, 2, 2});
  CHECK(graph.layers.at(0).arguments == "2, kernel 4x3, padding same, dilation 1x2");
}

TEST_CASE("conv's padding: same with a stride is an error") {
  CHECK(shape_error("conv", "{out_channels: 2, kernel_size: 3, stride: 2, padding: same}", {3, 9, 9}) ==
        "conv's padding: same keeps the input's size, but stride 2x2 divides it [write the padding as a number, or use stride 1]");
}

TEST_CASE("a kernel larger than its input is an error that shows both sizes") {
  const std::string hint = " [use a smaller kernel_size, more padding, or less stride and pooling before it]";
  CHECK(shape_error("conv", "{out_channels: 2, kernel_size: 5}", {16, 7, 4}) == "conv's kernel 5x5 is larger than its input 16x7x4" + hint);
  CHECK(shape_error("conv", "{out_channels: 2, kernel_size: 7, padding: 1}", {16, 4, 4}) ==
        "conv's kernel 7x7 is larger than its input 16x4x4, 6x6 with its padding" + hint);
  CHECK(shape_error("conv", "{out_channels: 2, kernel_size: 3, dilation: 4}", {16, 8, 8}) ==
        "conv's kernel 3x3, which its dilation spreads over 9x9, is larger than its input 16x8x8" + hint);
  CHECK(shape_error("conv", "{out_channels: 2, kernel_size: 3, dilation: 4, padding: [1, 0]}", {16, 8, 8}) ==
        "conv's kernel 3x3, which its dilation spreads over 9x9, is larger than its input 16x8x8, 10x8 with its padding" + hint);
}

TEST_CASE("conv's groups must divide the channels on both sides") {
  const std::string message = "conv's groups 3 must divide its input channels 16 and its out_channels 9";
  CHECK(shape_error("conv", "{out_channels: 9, kernel_size: 1, groups: 3}", {16, 8, 8}) == message);
  CHECK(shape_error("conv", "{out_channels: 9, kernel_size: 1, groups: 2}", {16, 8, 8}) ==
        "conv's groups 2 must divide its input channels 16 and its out_channels 9");
  CHECK(shape_error("conv", "{out_channels: 9, kernel_size: 1, groups: 3}", {6, 8, 8}).empty());
}

TEST_CASE("conv over a vector is an error") {
  CHECK(shape_error("conv", "{out_channels: 9, kernel_size: 1}", vector_of(1568)) ==
        "conv needs a map (channels x height x width), but its input is a vector of 1568 features "
        "[put conv before the flatten or linear layer that makes the vector]");
}

TEST_CASE("conv's arguments are checked") {
  CHECK(argument_errors("conv", "{kernel_size: 3}") != "");
  CHECK(argument_errors("conv", "{out_channels: 3}") != "");
  CHECK(argument_errors("conv", "{out_channels: 0, kernel_size: 3}") != "");
  CHECK(argument_errors("conv", "{out_channels: 3, kernel_size: [3, 0]}") != "");
  CHECK(argument_errors("conv", "{out_channels: 3, kernel_size: 3, stride: 0}") != "");
  CHECK(argument_errors("conv", "{out_channels: 3, kernel_size: 3, padding: -1}") != "");
  CHECK(argument_errors("conv", "{out_channels: 3, kernel_size: 3, padding: valid}") != "");
  CHECK(argument_errors("conv", "{out_channels: 3, kernel_size: 3, dilation: 0}") != "");
  CHECK(argument_errors("conv", "{out_channels: 3, kernel_size: 3, groups: 0}") != "");
  CHECK(argument_errors("conv", "{out_channels: 3, kernel_size: 3, bias: 1}") != "");
  CHECK(argument_errors("conv", "{out_channels: 3, kernal_size: 3}").find("kernel_size") != std::string::npos);
}

TEST_CASE("sizes that no memory could hold are errors, whatever the arguments") {
  const Shape in{3, 32, 32};
  CHECK(shape_error("conv", "{out_channels: 4611686018427387904, kernel_size: 1}", in) ==
        "the parameter layer.weight of 4611686018427387904x3x1x1 has more than 2147483647 elements");
  CHECK(shape_error("conv", "{out_channels: 4611686018427387904, kernel_size: 3}", in) != "");
  CHECK(shape_error("conv", "{out_channels: 1, kernel_size: 4611686018427387904}", in) != "");
  CHECK(shape_error("conv", "{out_channels: 1, kernel_size: 32769, padding: same}", in) ==
        "the parameter layer.weight of 1x3x32769x32769 has more than 2147483647 elements");
  CHECK(shape_error("conv", "{out_channels: 1, kernel_size: 3, padding: 4611686018427387904}", in) != "");
  CHECK(shape_error("conv", "{out_channels: 1, kernel_size: 3, padding: 2305843009213693952}", in) != "");
  CHECK(shape_error("conv", "{out_channels: 1, kernel_size: 3, padding: 50000}", in) ==
        "1x100030x100030 has more than 2147483647 elements");
  CHECK(shape_error("conv", "{out_channels: 1, kernel_size: 3, dilation: 4611686018427387904}", in) != "");
  CHECK(shape_error("conv", "{out_channels: 3, kernel_size: 3, groups: 4611686018427387904}", in) != "");
  CHECK(build_layer("conv", "{out_channels: 1, kernel_size: 3, stride: 2147483647}", in).output_shape() == Shape{1, 1, 1});
}

}  // namespace
}  // namespace cnnctl
