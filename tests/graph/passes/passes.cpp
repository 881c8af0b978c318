#include "engine/graph/passes/passes.h"

#include <doctest/doctest.h>

#include <variant>

#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

constexpr Shape map{4, 8, 8};

const Node& node(const Graph& graph, std::size_t index) { return graph.nodes.at(index); }

TEST_CASE("fuse_norm_activation joins a relu into the batch_norm that it alone reads") {
  const Graph graph = fuse_norm_activation(Chain(map).convolution(4).batch_norm().relu().convolution(8));
  CHECK(to_string(graph) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: batch_norm+relu(1) -> 4x8x8  1\n"
        "3: convolution(2) -> 8x8x8  3\n");
  CHECK(graph.output == 3);
  CHECK(graph.values.size() == 4);
}

TEST_CASE("fuse_norm_activation leaves a batch_norm that something else reads too") {
  const Graph shared = Chain(map).batch_norm().relu().from(1).max_pool(2);
  CHECK(to_string(fuse_norm_activation(shared)) == to_string(shared));
  const Graph also_output = Chain(map).batch_norm().relu().from(1);
  CHECK(to_string(fuse_norm_activation(also_output)) == to_string(also_output));
}

TEST_CASE("fuse_norm_activation joins the functions that loops of our own have, and no others") {
  using Function = Eltwise::Function;
  for (const Function function : {Function::relu, Function::leaky_relu, Function::relu6, Function::hardsigmoid, Function::hardswish,
                                  Function::silu, Function::mish, Function::softplus}) {
    const Graph graph = fuse_norm_activation(Chain(map).batch_norm().eltwise(function));
    REQUIRE(graph.nodes.size() == 1);
    CHECK(std::get<BatchNorm>(node(graph, 0).op).activation == Eltwise{function});
  }
  for (const Function function : {Function::elu, Function::sigmoid, Function::tanh, Function::gelu, Function::gelu_tanh})
    CHECK(fuse_norm_activation(Chain(map).batch_norm().eltwise(function)).nodes.size() == 2);
}

TEST_CASE("fuse_norm_activation joins one function, and only into batch_norm") {
  const Graph after_convolution = Chain(map).convolution(4).relu();
  CHECK(to_string(fuse_norm_activation(after_convolution)) == to_string(after_convolution));
  CHECK(to_string(fuse_norm_activation(Chain(map).batch_norm().relu().relu())) ==
        "1: batch_norm+relu(0) -> 4x8x8  0\n"
        "2: relu(1) -> 4x8x8  2\n");
}

TEST_CASE("fuse_norm_pooling joins a max pooling, and the value takes its shape") {
  const Graph graph = fuse_norm_pooling(fuse_norm_activation(Chain(map).convolution(4).batch_norm().relu().max_pool(2).convolution(8)));
  CHECK(to_string(graph) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: batch_norm+relu+max_pooling(1) -> 4x4x4  1\n"
        "3: convolution(2) -> 8x4x4  4\n");
  CHECK(std::get<BatchNorm>(node(graph, 1).op).pooling->vertical == Window{2, 2, 0, 0, 1});
}

TEST_CASE("fuse_norm_pooling leaves windows that are too large or follow no relu, means, and what something else reads") {
  const auto is_left = [](const Graph& graph) { return to_string(fuse_norm_pooling(graph)) == to_string(graph); };
  const auto norm_relu = [](const Shape& shape) { return Chain(fuse_norm_activation(Chain(shape).batch_norm().relu())); };
  CHECK_FALSE(is_left(norm_relu(map).max_pool(2)));
  CHECK_FALSE(is_left(norm_relu(map).max_pool({3, 2, 1, 1, 1})));
  CHECK_FALSE(is_left(norm_relu({4, 32, 32}).pool({Pooling::Kind::max, {15, 15}, {17, 17}})));
  CHECK(is_left(norm_relu({4, 32, 32}).max_pool(16)));
  CHECK(is_left(norm_relu(map).pool({Pooling::Kind::average, {2, 2, 0, 0, 1}, {2, 2, 0, 0, 1}})));
  CHECK(is_left(Chain(map).batch_norm().max_pool(2)));
  CHECK(is_left(norm_relu(map).max_pool(2).from(1)));
  CHECK(is_left(Chain(fuse_norm_activation(Chain(map).batch_norm().eltwise(Eltwise::Function::relu6))).max_pool(2)));
}

TEST_CASE("fold_batch_norm keeps the convolution's layer and appends the norm's parameters in their order") {
  const Graph graph = fold_batch_norm(Chain(map).convolution(4).batch_norm().relu());
  CHECK(to_string(graph) ==
        "1: convolution+batch_norm(0) -> 4x8x8  0\n"
        "2: relu(1) -> 4x8x8  2\n");
  CHECK(node(graph, 0).parameters == std::vector<ParameterId>{0, 1, 2, 3, 4, 5});
  CHECK(std::get<Convolution>(node(graph, 0).op).norm == BatchNorm{});
}

TEST_CASE("fold_batch_norm leaves a convolution that something else reads, a second norm and a norm behind or with an activation") {
  const Graph shared = Chain(map).convolution(4).batch_norm().from(1);
  CHECK(to_string(fold_batch_norm(shared)) == to_string(shared));
  CHECK(to_string(fold_batch_norm(Chain(map).convolution(4).batch_norm().batch_norm())) ==
        "1: convolution+batch_norm(0) -> 4x8x8  0\n"
        "2: batch_norm(1) -> 4x8x8  2\n");
  const Graph behind = fuse_activation(Chain(map).convolution(4).relu().batch_norm());
  CHECK(to_string(fold_batch_norm(behind)) == to_string(behind));
  const Graph with = fuse_norm_activation(Chain(map).convolution(4).batch_norm().relu());
  CHECK(to_string(fold_batch_norm(with)) == to_string(with));
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

/// A block of two convolutions with the identity as its shortcut: values 1 to 4, and the sum as 5.
Chain residual() {
  Chain net(map);
  const ValueId in = net.convolution(4).value();
  net.convolution(4).batch_norm().plus(in);
  return net;
}

TEST_CASE("fuse_binary_relu joins a relu into the sum or product that it alone reads") {
  CHECK(to_string(fuse_binary_relu(Chain(map).plus(0).relu().times(0).relu().relu())) ==
        "1: add+relu(0, 0) -> 4x8x8  0\n"
        "2: multiply+relu(1, 0) -> 4x8x8  2\n"
        "3: relu(2) -> 4x8x8  4\n");
  const Graph shared = Chain(map).plus(0).relu().from(1);
  CHECK(to_string(fuse_binary_relu(shared)) == to_string(shared));
  const Graph tanh = Chain(map).plus(0).eltwise(Eltwise::Function::tanh);
  CHECK(to_string(fuse_binary_relu(tanh)) == to_string(tanh));
}

TEST_CASE("fuse_residual joins a sum into the convolution in front of it, with its activation and the parameters in order") {
  const Graph graph = fuse_residual(fuse_binary_relu(fold_batch_norm(residual().relu())));
  CHECK(to_string(graph) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: convolution+batch_norm+add+relu(1, 1) -> 4x8x8  1\n");
  CHECK(node(graph, 1).parameters == std::vector<ParameterId>{2, 3, 4, 5, 6, 7});
  CHECK(graph.output == 2);
}

TEST_CASE("fuse_residual places the joined convolution behind everything that it adds") {
  Chain net(map);
  const ValueId body = net.convolution(4).value();
  net.from(0).max_pool({3, 1, 1, 1, 1}).plus(body).convolution(8);
  CHECK(to_string(fuse_residual(net)) ==
        "1: max_pooling(0) -> 4x8x8  1\n"
        "2: convolution+add(0, 1) -> 4x8x8  0\n"
        "3: convolution(2) -> 8x8x8  3\n");
}

TEST_CASE("fuse_residual takes the later of two convolutions, and each for one sum") {
  Chain net(map);
  const ValueId first = net.convolution(4).value();
  const ValueId second = net.from(0).convolution(4).value();
  net.from(first).plus(second);
  const ValueId sum = net.value();
  const ValueId third = net.from(0).convolution(4).value();
  CHECK(to_string(fuse_residual(net.from(sum).plus(third))) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: convolution+add(0, 1) -> 4x8x8  1\n"
        "3: convolution+add(0, 2) -> 4x8x8  3\n");
}

TEST_CASE(
    "fuse_residual leaves a convolution that something else reads or that has an activation, products, and sums with a number a channel") {
  const auto is_left = [](const Graph& graph) { return to_string(fuse_residual(graph)) == to_string(graph); };
  CHECK_FALSE(is_left(Chain(map).convolution(4).plus(0)));
  CHECK(is_left(Chain(map).convolution(4).plus(0).from(1)));
  CHECK(is_left(Chain(map).convolution(4).plus(1)));
  CHECK(is_left(Chain(fuse_activation(Chain(map).convolution(4).relu())).plus(0)));
  CHECK(is_left(Chain(map).convolution(4).times(0)));
  Chain gate(map);
  const ValueId number = gate.adaptive_pool(1).convolution(4, 1).value();
  CHECK(is_left(gate.from(0).plus(number)));
}

TEST_CASE("fuse_activation joins only relu behind a sum") {
  CHECK(to_string(prepare_for_evaluation(residual().relu())) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: convolution+batch_norm+add+relu(1, 1) -> 4x8x8  1\n");
  CHECK(to_string(prepare_for_evaluation(residual().eltwise(Eltwise::Function::tanh))) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: convolution+batch_norm+add(1, 1) -> 4x8x8  1\n"
        "3: tanh(2) -> 4x8x8  4\n");
}

TEST_CASE("training keeps convolutions apart from sums, which it joins to norms, with their relu") {
  const Graph graph = prepare_for_training(residual().relu());
  CHECK(to_string(graph) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: convolution(1) -> 4x8x8  1\n"
        "3: batch_norm+add+relu(2, 1) -> 4x8x8  2\n");
  CHECK(node(graph, 2).parameters == std::vector<ParameterId>{4, 5, 6, 7});
  CHECK(to_string(prepare_for_training(residual().eltwise(Eltwise::Function::relu6))) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: convolution(1) -> 4x8x8  1\n"
        "3: batch_norm+add(2, 1) -> 4x8x8  2\n"
        "4: relu6(3) -> 4x8x8  4\n");
}

TEST_CASE("fuse_norm_residual takes the later of two norms, stands where the sum stood, and takes one sum") {
  Chain net(map);
  const ValueId first = net.batch_norm().value();
  const ValueId second = net.from(0).batch_norm().value();
  net.from(0).max_pool({3, 1, 1, 1, 1});
  const ValueId pool = net.value();
  net.from(first).plus(second).plus(pool);
  CHECK(to_string(fuse_norm_residual(net)) ==
        "1: batch_norm(0) -> 4x8x8  0\n"
        "2: max_pooling(0) -> 4x8x8  2\n"
        "3: batch_norm+add(0, 1) -> 4x8x8  1\n"
        "4: add(3, 2) -> 4x8x8  4\n");
}

TEST_CASE("fuse_norm_residual leaves a norm that something else reads or that has a function, products, and sums with a number a channel") {
  const auto is_left = [](const Graph& graph) { return to_string(fuse_norm_residual(graph)) == to_string(graph); };
  CHECK_FALSE(is_left(Chain(map).batch_norm().plus(0)));
  CHECK(is_left(Chain(map).batch_norm().plus(0).from(1)));
  CHECK(is_left(Chain(map).batch_norm().plus(1)));
  CHECK(is_left(Chain(fuse_norm_activation(Chain(map).batch_norm().relu())).plus(0)));
  CHECK(is_left(Chain(map).batch_norm().times(0)));
  Chain gate(map);
  const ValueId number = gate.adaptive_pool(1).batch_norm().value();
  CHECK(is_left(gate.from(0).plus(number)));
}

TEST_CASE("fuse_norm_depthwise joins the norms around a depthwise convolution, and their parameters in the order of the work") {
  Chain net(map);
  net.convolution(4).batch_norm().relu().depthwise().batch_norm().eltwise(Eltwise::Function::relu6).convolution(4);
  const Graph graph = prepare_for_training(net);
  CHECK(to_string(graph) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: batch_norm+relu+convolution+batch_norm+relu6(1) -> 4x8x8  1\n"
        "3: convolution(2) -> 4x8x8  6\n");
  CHECK(node(graph, 1).parameters == std::vector<ParameterId>{2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(to_string(prepare_for_training(Chain(map).depthwise().batch_norm())) == "1: convolution+batch_norm(0) -> 4x8x8  0\n");
}

TEST_CASE("fuse_norm_depthwise leaves other convolutions, norms that something else reads, and norms with a sum or a pooling") {
  const auto is_left = [](const Graph& graph) { return to_string(fuse_norm_depthwise(graph)) == to_string(graph); };
  CHECK(is_left(Chain(map).batch_norm().convolution(4).batch_norm()));
  CHECK(is_left(Chain(map).batch_norm().depthwise().relu().batch_norm()));
  CHECK(is_left(Chain(map).depthwise().batch_norm().from(1)));
  CHECK(is_left(fuse_norm_residual(Chain(map).depthwise().batch_norm().plus(0))));
  CHECK(is_left(fuse_norm_pooling(fuse_norm_activation(Chain(map).depthwise().batch_norm().relu().max_pool(2)))));
  CHECK(to_string(fuse_norm_depthwise(Chain(map).batch_norm().depthwise().batch_norm().plus(1))) ==
        "1: batch_norm(0) -> 4x8x8  0\n"
        "2: convolution+batch_norm(1) -> 4x8x8  1\n"
        "3: add(2, 1) -> 4x8x8  3\n");
}

constexpr Shape large_map{40, 58, 60};  // more than 512 KiB

TEST_CASE("fuse_inverted_residual joins the 1x1 convolutions around a depthwise one, with what stands before and behind it") {
  Chain net({8, 58, 60});
  net.convolution(40, 1).batch_norm().eltwise(Eltwise::Function::relu6).depthwise().batch_norm().eltwise(Eltwise::Function::relu6);
  const Graph graph = prepare_for_evaluation(net.convolution(8, 1).batch_norm().plus(0));
  CHECK(to_string(graph) ==
        "1: convolution+batch_norm+relu6+convolution+batch_norm+relu6+convolution+batch_norm+add(0, 0) -> 8x58x60  0\n");
  CHECK(node(graph, 0).parameters.size() == 17);
  CHECK(to_string(prepare_for_evaluation(Chain(large_map).depthwise().convolution(4, 1))) ==
        "1: convolution+convolution(0) -> 4x58x60  0\n");
}

TEST_CASE("fuse_inverted_residual joins the network's first convolution, and no other that is not 1x1") {
  const auto joined = [](Chain net) { return to_string(fuse_inverted_residual(net.depthwise().convolution(4, 1))); };
  CHECK(joined(Chain({3, 113, 119}).convolution(41, 3, 2)) == "1: convolution+convolution+convolution(0) -> 4x57x60  0\n");
  for (const Chain& other :
       {Chain({4, 113, 119}).convolution(41, 3, 2), Chain({3, 113, 119}).max_pool(2).convolution(41, 3),
        Chain({3, 113, 119}).convolution(41, 5, 2), Chain({3, 57, 60}).convolution(41, 3), Chain({3, 171, 180}).convolution(41, 3, 3)})
    CHECK(joined(other).find("convolution+convolution+convolution") == std::string::npos);
}

TEST_CASE("fuse_inverted_residual leaves small maps, other convolutions, maps that something else reads, and functions of the library") {
  const auto is_left = [](const Graph& graph) {
    const Graph prepared = fuse_activation(graph);
    return to_string(fuse_inverted_residual(prepared)) == to_string(prepared);
  };
  CHECK_FALSE(is_left(Chain(large_map).depthwise().convolution(4, 1)));
  CHECK(is_left(Chain(map).depthwise().convolution(4, 1)));
  CHECK(is_left(Chain(large_map).depthwise().convolution(4, 3)));
  CHECK(is_left(Chain(large_map).depthwise().convolution(4, 1, 2)));
  CHECK(is_left(Chain(large_map).depthwise().convolution(4, 1).from(1)));
  CHECK(is_left(Chain(large_map).depthwise().eltwise(Eltwise::Function::sigmoid).convolution(4, 1)));
  CHECK(is_left(Chain(large_map).depthwise().convolution(4, 1).eltwise(Eltwise::Function::gelu)));
  Chain shared(large_map);
  const ValueId expanded = shared.convolution(40, 1).value();
  const Graph graph = fuse_inverted_residual(shared.depthwise().convolution(40, 1).plus(expanded));
  CHECK(to_string(graph) ==
        "1: convolution(0) -> 40x58x60  0\n"
        "2: convolution+convolution(1) -> 40x58x60  1\n"
        "3: add(2, 1) -> 40x58x60  3\n");
}

TEST_CASE("passes count every reader of a value, and join nothing that a branch or the result still needs") {
  Chain net(map);
  const ValueId convolution = net.convolution(4).value();
  const ValueId norm = net.batch_norm().value();
  const ValueId relu = net.relu().value();
  const ValueId pool = net.max_pool(2).value();
  net.from(convolution).relu().plus(norm).plus(relu);
  for (const ValueId output : {convolution, norm, relu, pool, net.value()}) {
    const Graph graph = Chain(net).from(output);
    const std::string joined = to_string(fuse_activation(fuse_norm_pooling(fuse_norm_activation(fold_batch_norm(graph)))));
    CHECK(joined == to_string(graph));
  }
}

TEST_CASE("drop_training_only lets every reader of a dropout read what entered it") {
  Chain net(map);
  const ValueId in = net.convolution(4).value();
  const ValueId dropped = net.dropout().value();
  net.relu().plus(dropped).plus(in).from(dropped);
  CHECK(to_string(drop_training_only(net)) ==
        "1: convolution(0) -> 4x8x8  0\n"
        "2: relu(1) -> 4x8x8  2\n"
        "3: add(2, 1) -> 4x8x8  3\n"
        "4: add(3, 1) -> 4x8x8  4\n");
  CHECK(drop_training_only(net).output == 1);
}

}  // namespace
}  // namespace cnnctl
