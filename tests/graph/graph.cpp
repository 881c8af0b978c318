#include "engine/graph/graph.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();

TEST_CASE("a new graph's output is its input") {
  const Graph graph = make_graph("net", {3, 32, 32});
  CHECK(graph.name == "net");
  CHECK(graph.output_shape() == graph.input_shape());
  CHECK(graph.nodes.empty());
}

TEST_CASE("a dump has a line a node with its value, op, inputs, shape and layer") {
  const Graph graph = Chain({1, 28, 28}).convolution(16, 5).batch_norm().relu().max_pool(2).flatten().linear(10);
  CHECK(to_string(graph) ==
        "1: convolution(0) -> 16x28x28  0\n"
        "2: batch_norm(1) -> 16x28x28  1\n"
        "3: relu(2) -> 16x28x28  2\n"
        "4: max_pooling(3) -> 16x14x14  3\n"
        "5: flatten(4) -> 3136  4\n"
        "6: inner_product(5) -> 10  5\n");
}

TEST_CASE("an op's name shows what passes joined to it") {
  Convolution convolution;
  convolution.norm = BatchNorm{};
  convolution.activation = Eltwise{Eltwise::Function::elu, 1};
  CHECK(op_name(convolution) == "convolution+batch_norm+elu");
  BatchNorm norm;
  norm.activation = Eltwise{};
  CHECK(op_name(norm) == "batch_norm+relu");
  norm.residual = true;
  CHECK(op_name(norm) == "batch_norm+add+relu");
  norm.residual = false;
  norm.pooling = Pooling{};
  CHECK(op_name(norm) == "batch_norm+relu+max_pooling");
}

TEST_CASE("every kind of op has a name of its own") {
  CHECK(op_name(Eltwise{Eltwise::Function::leaky_relu}) == "leaky_relu");
  CHECK(op_name(Eltwise{Eltwise::Function::sigmoid}) == "sigmoid");
  CHECK(op_name(Eltwise{Eltwise::Function::tanh}) == "tanh");
  CHECK(op_name(Pooling{Pooling::Kind::average, {}, {}}) == "average_pooling");
  CHECK(op_name(AdaptivePooling{}) == "adaptive_average_pooling");
  CHECK(op_name(AdaptivePooling{Pooling::Kind::max}) == "adaptive_max_pooling");
  CHECK(op_name(Dropout{}) == "dropout");
  CHECK(op_name(NormDepthwise{BatchNorm{}, {}, {}}) == "batch_norm+convolution+batch_norm");
  CHECK(op_name(InvertedResidual{Convolution{}, {}, {}}) == "convolution+convolution+convolution");
  CHECK(op_name(LocalResponseNorm{}) == "local_response_norm");
  CHECK(op_name(LayerNorm{}) == "layer_norm");
  CHECK(op_name(GroupNorm{}) == "group_norm");
  CHECK(op_name(Pad{}) == "pad");
  CHECK(op_name(ChannelShuffle{}) == "channel_shuffle");
  CHECK(op_name(Slice{}) == "slice");
  CHECK(op_name(Softmax{}) == "softmax");
  CHECK(op_name(Eltwise{Eltwise::Function::gelu}) == "gelu");
  CHECK(op_name(Eltwise{Eltwise::Function::gelu_tanh}) == "gelu_tanh");
  CHECK(op_name(Dropout{0.1F, true}) == "drop_path");
  CHECK(op_name(ChannelScale{}) == "channel_scale");
  CHECK(op_name(ChannelScale{true}) == "prelu");
  CHECK(op_name(Maxout{}) == "maxout");
}

TEST_CASE("the graph's output counts as a reader of its value") {
  const Graph graph = Chain({4, 8, 8}).relu().relu().from(1).dropout();
  CHECK(count_readers(graph) == std::vector<int>{1, 2, 0, 1});
}

TEST_CASE("a network gives probabilities where nothing but layout or dropout is behind its softmax") {
  CHECK(gives_probabilities(Chain({4, 1, 1}).softmax()));
  CHECK(gives_probabilities(Chain({4, 1, 1}).softmax().flatten().dropout()));
  CHECK_FALSE(gives_probabilities(Chain({4, 1, 1}).softmax().relu()));
  CHECK_FALSE(gives_probabilities(Chain({4, 1, 1}).linear(3)));
  CHECK_FALSE(gives_probabilities(make_graph("empty", {4, 1, 1})));
}

TEST_CASE("a parameter's count is the product of its dimensions") { CHECK(Parameter{"w", {16, 3, 5, 7}, {}, true}.count() == 1680); }

TEST_CASE("values and parameters beyond 2^31 - 1 elements are errors that show their size") {
  CHECK_THROWS_WITH_AS(make_graph("net", {2, 1 << 15, 1 << 15}), "2x32768x32768 has more than 2147483647 elements", ShapeError);
  CHECK_THROWS_AS(make_graph("net", {huge, huge, huge}), ShapeError);
  CHECK_NOTHROW(make_graph("net", {0, huge, huge}));

  Graph graph = make_graph("net", {1, 1, 1});
  CHECK_THROWS_AS(add_node(graph, Eltwise{}, {0}, {huge, 1, 1}, {}, 0), ShapeError);
  CHECK_THROWS_WITH_AS(add_parameter(graph, {"fc.weight", {65536, 32768}, {}, true}),
                       "the parameter fc.weight of 65536x32768 has more than 2147483647 elements", ShapeError);
  CHECK_THROWS_AS(add_parameter(graph, {"fc.weight", {huge, huge}, {}, true}), ShapeError);
  CHECK(graph.nodes.empty());
  CHECK(graph.values.size() == 1);
  CHECK(graph.parameters.empty());
}

}  // namespace
}  // namespace cnnctl
