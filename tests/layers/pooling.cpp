#include <doctest/doctest.h>

#include "tests/layers/build.h"

namespace cnnctl {
namespace {

const Pooling& pooling(const Graph& graph) { return std::get<Pooling>(graph.nodes.at(0).op); }

TEST_CASE("max_pool's stride is its kernel where none is given") {
  const Graph graph = build_layer("max_pool", "{kernel_size: [2, 3]}", {16, 28, 28});
  CHECK(to_string(graph) == "1: max_pooling(0) -> 16x14x9  layer\n");
  CHECK(pooling(graph).vertical == Window{2, 2, 0, 0, 1});
  CHECK(pooling(graph).horizontal == Window{3, 3, 0, 0, 1});
  CHECK(graph.layers.at(0).arguments == "kernel 2x3");
  CHECK(graph.layers.at(0).arithmetic == "(28 - 2) / 2 + 1 = 14; (28 - 3) / 3 + 1 = 9");
  CHECK(graph.layers.at(0).parameters == 0);
  CHECK(graph.layers.at(0).macs == 0);
}

TEST_CASE("max_pool takes stride and padding") {
  const Graph graph = build_layer("max_pool", "{kernel_size: 3, stride: 2, padding: 1}", {64, 112, 112});
  CHECK(graph.output_shape() == Shape{64, 56, 56});
  CHECK(pooling(graph).kind == Pooling::Kind::max);
  CHECK(graph.layers.at(0).arguments == "kernel 3x3, stride 2x2, padding 1x1");
  CHECK(graph.layers.at(0).arithmetic == "(112 - 3 + 2*1) / 2 + 1 = 56");
}

TEST_CASE("a stride equal to the kernel is not told") {
  CHECK(build_layer("max_pool", "{kernel_size: 2, stride: 2}", {1, 4, 4}).layers.at(0).arguments == "kernel 2x2");
  CHECK(build_layer("max_pool", "{kernel_size: 2, stride: none}", {1, 4, 4}).layers.at(0).arguments == "kernel 2x2");
}

TEST_CASE("a pooling's padding beyond half its kernel is an error") {
  for (const char* type : {"max_pool", "avg_pool"}) {
    const std::string name = type;
    CHECK(shape_error(name, "{kernel_size: 3, padding: 1}", {1, 8, 8}).empty());
    CHECK(shape_error(name, "{kernel_size: 3, padding: 2}", {1, 8, 8}) ==
          name + "'s padding 2x2 is more than half its kernel 3x3 [use a padding of at most 1x1]");
    CHECK(shape_error(name, "{kernel_size: [4, 2], padding: [2, 2]}", {1, 8, 8}) ==
          name + "'s padding 2x2 is more than half its kernel 4x2 [use a padding of at most 2x1]");
  }
}

TEST_CASE("a window that 32 bits cannot count is an error") {
  const std::string countless = "has a number above 2147483647";
  CHECK(shape_error("max_pool", "{kernel_size: 65537, padding: 32768}", {1, 8, 8}) ==
        "max_pool's kernel covers more than 2147483647 pixels");
  CHECK(shape_error("avg_pool", "{kernel_size: 1, stride: 4294967296}", {1, 8, 8}) == "avg_pool's window " + countless);
  CHECK(shape_error("conv", "{out_channels: 1, kernel_size: 1, stride: 4294967296}", {1, 8, 8}) == "conv's window " + countless);
}

TEST_CASE("a pooling window larger than its input is an error that shows both sizes") {
  const std::string hint = " [use a smaller kernel_size, more padding, or less stride and pooling before it]";
  CHECK(shape_error("max_pool", "{kernel_size: 3}", {8, 2, 2}) == "max_pool's kernel 3x3 is larger than its input 8x2x2" + hint);
  CHECK(shape_error("avg_pool", "{kernel_size: 7, padding: 1}", {8, 4, 4}) ==
        "avg_pool's kernel 7x7 is larger than its input 8x4x4, 6x6 with its padding" + hint);
}

TEST_CASE("avg_pool counts its padding unless told otherwise") {
  const Graph counted = build_layer("avg_pool", "{kernel_size: 3, stride: 2, padding: 1}", {8, 7, 7});
  CHECK(to_string(counted) == "1: average_pooling(0) -> 8x4x4  layer\n");
  CHECK(pooling(counted).count_padding);
  CHECK(counted.layers.at(0).arguments == "kernel 3x3, stride 2x2, padding 1x1");
  const Graph uncounted = build_layer("avg_pool", "{kernel_size: 2, count_include_pad: false}", {8, 7, 7});
  CHECK_FALSE(pooling(uncounted).count_padding);
  CHECK(uncounted.output_shape() == Shape{8, 3, 3});
  CHECK(uncounted.layers.at(0).arguments == "kernel 2x2, padding not counted");
}

TEST_CASE("adaptive_avg_pool that divides its input evenly is an average pooling") {
  const Graph graph = build_layer("adaptive_avg_pool", "{output_size: [1, 7]}", {512, 7, 14});
  CHECK(to_string(graph) == "1: average_pooling(0) -> 512x1x7  layer\n");
  CHECK(pooling(graph).vertical == Window{7, 7, 0, 0, 1});
  CHECK(pooling(graph).horizontal == Window{2, 2, 0, 0, 1});
  CHECK(graph.layers.at(0).arguments == "1x7");
  CHECK(graph.layers.at(0).arithmetic == "(7 - 7) / 7 + 1 = 1; (14 - 2) / 2 + 1 = 7");
}

TEST_CASE("adaptive_avg_pool with windows of differing sizes is an op of its own, also where it enlarges") {
  const Graph graph = build_layer("adaptive_avg_pool", "{output_size: [3, 2]}", {8, 7, 4});
  CHECK(to_string(graph) == "1: adaptive_average_pooling(0) -> 8x3x2  layer\n");
  CHECK(build_layer("adaptive_avg_pool", "{output_size: 7}", {8, 4, 4}).output_shape() == Shape{8, 7, 7});
}

TEST_CASE("adaptive_max_pool is a max pooling where it divides its input evenly, else an op of its own") {
  CHECK(to_string(build_layer("adaptive_max_pool", "{output_size: 2}", {8, 4, 6})) == "1: max_pooling(0) -> 8x2x2  layer\n");
  const Graph graph = build_layer("adaptive_max_pool", "{output_size: [3, 2]}", {8, 7, 4});
  CHECK(to_string(graph) == "1: adaptive_max_pooling(0) -> 8x3x2  layer\n");
}

TEST_CASE("a global pooling gives one pixel and shows the map it is over") {
  const Graph mean = build_layer("global_avg_pool", "", {512, 7, 9});
  CHECK(to_string(mean) == "1: average_pooling(0) -> 512x1x1  layer\n");
  CHECK(mean.layers.at(0).arithmetic == "(7 - 7) / 7 + 1 = 1; (9 - 9) / 9 + 1 = 1");
  CHECK(to_string(build_layer("global_max_pool", "", {512, 7, 9})) == "1: max_pooling(0) -> 512x1x1  layer\n");
  CHECK(argument_errors("global_avg_pool", "{output_size: 1}") != "");
}

TEST_CASE("ceil_mode rounds the output's size up and says so") {
  const Graph graph = build_layer("max_pool", "{kernel_size: 3, stride: 2, ceil_mode: true}", {64, 112, 111});
  CHECK(graph.output_shape() == Shape{64, 56, 55});
  CHECK(graph.layers.at(0).arguments == "kernel 3x3, stride 2x2, ceil");
  CHECK(graph.layers.at(0).arithmetic == "ceil((112 - 3) / 2) + 1 = 56; ceil((111 - 3) / 2) + 1 = 55");
  CHECK(pooling(graph).vertical == Window{3, 2, 0, 0, 1, true});
  CHECK(pooling(graph).horizontal == Window{3, 2, 0, 0, 1});  // nothing to round
  const Graph mean = build_layer("avg_pool", "{kernel_size: 2, stride: 3, padding: 1, ceil_mode: true}", {8, 4, 4});
  CHECK(mean.output_shape() == Shape{8, 2, 2});
  CHECK(pooling(mean).vertical == Window{2, 3, 1, 1, 1});
}

TEST_CASE("with ceil_mode a kernel may exceed its input by less than a stride") {
  CHECK(build_layer("max_pool", "{kernel_size: 3, stride: 2, ceil_mode: true}", {8, 2, 2}).output_shape() == Shape{8, 1, 1});
  CHECK(shape_error("max_pool", "{kernel_size: 3, stride: 2, ceil_mode: true}", {8, 1, 2}) ==
        "max_pool's kernel 3x3 is larger than its input 8x1x2 [use a smaller kernel_size, more padding, or less stride and pooling before "
        "it]");
}

TEST_CASE("max_pool takes a dilation, and refuses one whose window could miss the input") {
  const Graph graph = build_layer("max_pool", "{kernel_size: 3, stride: 1, dilation: [2, 1]}", {4, 9, 9});
  CHECK(graph.output_shape() == Shape{4, 5, 7});
  CHECK(graph.layers.at(0).arguments == "kernel 3x3, stride 1x1, dilation 2x1");
  CHECK(shape_error("max_pool", "{kernel_size: 2, padding: 1, dilation: 2}", {4, 1, 8}) ==
        "max_pool's dilation 2x2 is larger than its input 4x1x8: a window could lie in the padding alone [use a smaller dilation, or no "
        "padding]");
}

TEST_CASE("pooling over a vector is an error") {
  for (const char* type : {"max_pool", "avg_pool"})
    CHECK(shape_error(type, "{kernel_size: 2}", vector_of(64)).find("needs a map (channels x height x width), but its input is a vector") !=
          std::string::npos);
  CHECK(shape_error("adaptive_avg_pool", "{output_size: 1}", vector_of(64)) ==
        "adaptive_avg_pool needs a map (channels x height x width), but its input is a vector of 64 features "
        "[put adaptive_avg_pool before the flatten or linear layer that makes the vector]");
}

TEST_CASE("a pooling's arguments are checked") {
  CHECK(argument_errors("max_pool", "") != "");
  CHECK(argument_errors("max_pool", "{kernel_size: 0}") != "");
  CHECK(argument_errors("avg_pool", "{kernel_size: 2, stride: 0}") != "");
  CHECK(argument_errors("avg_pool", "{kernel_size: 2, padding: -1}") != "");
  CHECK(argument_errors("adaptive_avg_pool", "{output_size: 0}") != "");
  CHECK(argument_errors("max_pool", "{kernel_size: 2, ceil_mode: 1}") != "");
  CHECK(argument_errors("max_pool", "{kernel_size: 2, dilation: 0}") != "");
  CHECK(argument_errors("avg_pool", "{kernel_size: 2, dilation: 2}") != "");
}

TEST_CASE("pooling sizes that no memory could hold are errors") {
  CHECK(shape_error("adaptive_avg_pool", "{output_size: 4611686018427387904}", {8, 4, 4}) != "");
  CHECK(shape_error("max_pool", "{kernel_size: 9223372036854775807, padding: 4611686018427387903}", {8, 4, 4}) != "");
}

}  // namespace
}  // namespace cnnctl
