#include "engine/graph/passes/passes.h"

#include <doctest/doctest.h>

#include <variant>

#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

constexpr Shape map{4, 8, 8};

const Node& node(const Graph& graph, std::size_t index) { return graph.nodes.at(index); }

TEST_CASE("fuse_norm_relu joins a relu into the batch_norm that it alone reads") {
  const Graph graph = fuse_norm_relu(Chain(map).convolution(4).batch_norm().relu().convolution(8));
  CHECK(to_string(graph) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: batch_norm+relu(1) -> 4x8x8  1\n"
        "3: convolution(2) -> 8x8x8  3\n");
  CHECK(graph.output == 3);
  CHECK(graph.values.size() == 4);
}

TEST_CASE("fuse_norm_relu leaves a batch_norm that something else reads too") {
  const Graph shared = Chain(map).batch_norm().relu().from(1).max_pool(2);
  CHECK(to_string(fuse_norm_relu(shared)) == to_string(shared));
  const Graph also_output = Chain(map).batch_norm().relu().from(1);
  CHECK(to_string(fuse_norm_relu(also_output)) == to_string(also_output));
}

TEST_CASE("fuse_norm_relu joins nothing but one relu, and only into batch_norm") {
  const Graph sigmoid = Chain(map).batch_norm().eltwise(Eltwise::Function::sigmoid);
  CHECK(to_string(fuse_norm_relu(sigmoid)) == to_string(sigmoid));
  const Graph after_convolution = Chain(map).convolution(4).relu();
  CHECK(to_string(fuse_norm_relu(after_convolution)) == to_string(after_convolution));
  CHECK(to_string(fuse_norm_relu(Chain(map).batch_norm().relu().relu())) ==
        "1: batch_norm+relu(0) -> 4x8x8  0\n"
        "2: relu(1) -> 4x8x8  2\n");
}

TEST_CASE("fuse_norm_pooling joins a max pooling that tiles the map, and the value takes its shape") {
  const Graph graph = fuse_norm_pooling(fuse_norm_relu(Chain(map).convolution(4).batch_norm().relu().max_pool(2).convolution(8)));
  CHECK(to_string(graph) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: batch_norm+relu+max_pooling(1) -> 4x4x4  1\n"
        "3: convolution(2) -> 8x4x4  4\n");
  CHECK(std::get<BatchNorm>(node(graph, 1).op).pooling->vertical == Window{2, 2, 0, 0, 1});
}

TEST_CASE("fuse_norm_pooling leaves windows that overlap, have padding, are too large or follow no relu, and means") {
  const auto is_left = [](const Graph& graph) { return to_string(fuse_norm_pooling(graph)) == to_string(graph); };
  const auto norm_relu = [](const Shape& shape) { return Chain(fuse_norm_relu(Chain(shape).batch_norm().relu())); };
  CHECK_FALSE(is_left(norm_relu(map).max_pool(2)));
  CHECK(is_left(norm_relu(map).max_pool({3, 2, 0, 0, 1})));
  CHECK(is_left(norm_relu(map).max_pool({2, 2, 1, 1, 1})));
  CHECK(is_left(norm_relu({4, 7, 7}).max_pool({2, 2, 0, 0, 1, true})));  // hangs over the end
  CHECK(is_left(norm_relu({4, 32, 32}).max_pool(16)));
  CHECK(is_left(norm_relu(map).pool({Pooling::Kind::average, {2, 2, 0, 0, 1}, {2, 2, 0, 0, 1}})));
  CHECK(is_left(Chain(map).batch_norm().max_pool(2)));
  CHECK(is_left(norm_relu(map).max_pool(2).from(1)));
}

TEST_CASE("fold_batch_norm keeps the convolution's layer and appends the norm's parameters in their order") {
  const Graph graph = fold_batch_norm(Chain(map).convolution(4).batch_norm().relu());
  CHECK(to_string(graph) ==
        "1: convolution+batch_norm(0) -> 4x8x8  0\n"
        "2: relu(1) -> 4x8x8  2\n");
  CHECK(node(graph, 0).parameters == std::vector<ParameterId>{0, 1, 2, 3, 4, 5});
  CHECK(std::get<Convolution>(node(graph, 0).op).norm == BatchNorm{});
}

TEST_CASE("fold_batch_norm turns a joined relu into the convolution's activation") {
  const Graph graph = fold_batch_norm(fuse_norm_relu(Chain(map).convolution(4).batch_norm().relu()));
  CHECK(to_string(graph) == "1: convolution+batch_norm+relu(0) -> 4x8x8  0\n");
  const auto& convolution = std::get<Convolution>(node(graph, 0).op);
  CHECK(convolution.activation == Eltwise{});
  CHECK_FALSE(convolution.norm->activation.has_value());
}

TEST_CASE("fold_batch_norm leaves a convolution that something else reads, a second norm and a norm behind an activation") {
  const Graph shared = Chain(map).convolution(4).batch_norm().from(1);
  CHECK(to_string(fold_batch_norm(shared)) == to_string(shared));
  CHECK(to_string(fold_batch_norm(Chain(map).convolution(4).batch_norm().batch_norm())) ==
        "1: convolution+batch_norm(0) -> 4x8x8  0\n"
        "2: batch_norm(1) -> 4x8x8  2\n");
  const Graph behind = fuse_activation(Chain(map).convolution(4).relu().batch_norm());
  CHECK(to_string(fold_batch_norm(behind)) == to_string(behind));
}

TEST_CASE("fuse_activation joins any element-wise function into a convolution, once") {
  CHECK(to_string(fuse_activation(Chain(map).convolution(4).eltwise(Eltwise::Function::tanh).relu())) ==
        "1: convolution+tanh(0) -> 4x8x8  0\n"
        "2: relu(1) -> 4x8x8  2\n");
  const Graph shared = Chain(map).convolution(4).relu().from(1);
  CHECK(to_string(fuse_activation(shared)) == to_string(shared));
}

TEST_CASE("fuse_activation leaves functions of which the library has no post-operation") {
  for (const auto function : {Eltwise::Function::hardsigmoid, Eltwise::Function::softplus}) {
    const Graph graph = Chain(map).convolution(4).eltwise(function);
    CHECK(to_string(fuse_activation(graph)) == to_string(graph));
  }
  CHECK(fuse_activation(Chain(map).convolution(4).eltwise(Eltwise::Function::hardswish)).nodes.size() == 1);
}

TEST_CASE("drop_training_only removes drop_path as it removes dropout") {
  CHECK(drop_training_only(Chain(map).drop_path().convolution(4)).nodes.size() == 1);
}

TEST_CASE("drop_training_only removes dropout, also at the network's ends") {
  const Graph graph = drop_training_only(Chain(map).dropout().convolution(4).dropout().dropout());
  CHECK(to_string(graph) == "1: convolution(0) -> 4x8x8  1\n");
  CHECK(graph.output == 1);
  const Graph nothing = drop_training_only(Chain(map).dropout());
  CHECK(nothing.nodes.empty());
  CHECK(nothing.output == 0);
}

TEST_CASE("passes keep layers, parameters and names, so that ids stay valid") {
  const Graph before = Chain(map).convolution(4).batch_norm().relu().dropout().flatten().linear(3);
  const Graph after = prepare_for_evaluation(before);
  CHECK(after.name == before.name);
  CHECK(after.layers.size() == before.layers.size());
  CHECK(after.parameters.size() == before.parameters.size());
  CHECK(after.input_shape() == before.input_shape());
  CHECK(after.output_shape() == before.output_shape());
}

TEST_CASE("training joins norm, relu and pooling") {
  CHECK(to_string(prepare_for_training(Chain(map).batch_norm().relu().max_pool(2))) == "1: batch_norm+relu+max_pooling(0) -> 4x4x4  0\n");
}

TEST_CASE("training keeps dropout and convolutions apart from their norms") {
  CHECK(to_string(prepare_for_training(Chain(map).convolution(4).batch_norm().relu().dropout().convolution(4).relu())) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: batch_norm+relu(1) -> 4x8x8  1\n"
        "3: dropout(2) -> 4x8x8  3\n"
        "4: convolution(3) -> 4x8x8  4\n"
        "5: relu(4) -> 4x8x8  5\n");
}

TEST_CASE("evaluation leaves one convolution of each group of layers") {
  const Graph graph = prepare_for_evaluation(
      Chain(map).convolution(4).batch_norm().dropout().relu().max_pool(2).batch_norm().relu().convolution(4).relu().flatten().linear(10));
  CHECK(to_string(graph) ==
        "1: convolution+batch_norm+relu(0) -> 4x8x8  0\n"
        "2: max_pooling(1) -> 4x4x4  4\n"
        "3: batch_norm+relu(2) -> 4x4x4  5\n"
        "4: convolution+relu(3) -> 4x4x4  7\n"
        "5: flatten(4) -> 64  9\n"
        "6: inner_product(5) -> 10  10\n");
}

}  // namespace
}  // namespace cnnctl
