#include <doctest/doctest.h>

#include <limits>

#include "engine/graph/cost.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

// A map of 4x8x8 takes 1024 bytes, in batches of 1.
constexpr Shape map{4, 8, 8};
constexpr std::int64_t map_bytes = 1024;

/// Parameters and Adam's two moments, and the gradients, each on cache lines of its own.
std::int64_t state_bytes(const Graph& graph) {
  std::int64_t bytes = 0;
  for (const Parameter& parameter : graph.parameters)
    if (parameter.trainable) bytes += 3 * 4 * parameter.count() + (4 * parameter.count() + 63) / 64 * 64;
  return bytes;
}

TEST_CASE("evaluation of a chain of convolutions needs two maps and the parameters") {
  const Graph graph = Chain(map).convolution(4).convolution(4).convolution(4);
  CHECK(estimate_memory(graph, 1).eval_bytes == 2 * map_bytes + 4 * parameter_count(graph));
}

TEST_CASE("evaluation folds batch_norm and activations into the convolution, and drops dropout") {
  const Graph plain = Chain(map).convolution(4).convolution(4);
  const Graph dressed = Chain(map).convolution(4).batch_norm().relu().dropout().convolution(4).relu();
  const std::int64_t norm_bytes = 4 * 4 * 4, folded_bytes = (4 * 4 * 3 * 3 + 4) * 4;
  CHECK(estimate_memory(dressed, 1).eval_bytes == estimate_memory(plain, 1).eval_bytes + norm_bytes + folded_bytes);
}

TEST_CASE("training of a convolution keeps its input, its output and the output's gradient, and needs no gradient of the input") {
  const Graph graph = Chain(map).convolution(4);
  CHECK(estimate_memory(graph, 1).train_bytes == 3 * map_bytes + state_bytes(graph));
}

TEST_CASE("training keeps every convolution's input until its gradient by weights, and two gradients at a time") {
  const Graph graph = Chain(map).convolution(4).convolution(4).convolution(4);
  // In the last layer's backward: four maps and the output's gradient; the last convolution's input makes room for its gradient.
  CHECK(estimate_memory(graph, 1).train_bytes == 5 * map_bytes + state_bytes(graph));
}

TEST_CASE("relu and dropout work in place; relu keeps its result for its backward, and dropout keeps no mask") {
  const Graph plain = Chain(map).convolution(4).convolution(4);
  const Graph with_relu = Chain(map).convolution(4).relu().convolution(4);
  const Graph with_dropout = Chain(map).convolution(4).dropout().convolution(4);
  const std::int64_t plain_bytes = estimate_memory(plain, 1).train_bytes;
  CHECK(estimate_memory(with_relu, 1).train_bytes == plain_bytes + map_bytes);
  CHECK(estimate_memory(with_dropout, 1).train_bytes == plain_bytes);
}

TEST_CASE("what a backward reads is not overwritten in place") {
  const Graph one = Chain(map).convolution(4).eltwise(Eltwise::Function::sigmoid);
  const Graph two = Chain(map).convolution(4).eltwise(Eltwise::Function::sigmoid).eltwise(Eltwise::Function::tanh);
  CHECK(estimate_memory(two, 1).train_bytes == estimate_memory(one, 1).train_bytes + map_bytes);
}

TEST_CASE("an activation whose derivative does not follow from its result keeps its input in training alone") {
  const auto between_convolutions = [](Eltwise::Function function) {
    return Graph(Chain(map).convolution(4).eltwise(function).convolution(4).convolution(4));
  };
  const Graph relu6 = between_convolutions(Eltwise::Function::relu6), silu = between_convolutions(Eltwise::Function::silu);
  CHECK(estimate_memory(silu, 1).train_bytes == estimate_memory(relu6, 1).train_bytes + map_bytes);
  CHECK(estimate_memory(silu, 1).eval_bytes == estimate_memory(relu6, 1).eval_bytes);
}

TEST_CASE("channel factors keep their input in training and work in place in evaluation") {
  const Graph plain = Chain(map).convolution(4).convolution(4);
  const Graph scaled = Chain(map).convolution(4).channel_scale().convolution(4);
  const std::int64_t channels = 4;
  CHECK(estimate_memory(scaled, 1).train_bytes - state_bytes(scaled) ==
        estimate_memory(plain, 1).train_bytes - state_bytes(plain) + map_bytes);
  CHECK(estimate_memory(scaled, 1).eval_bytes == estimate_memory(plain, 1).eval_bytes + 4 * channels);
}

TEST_CASE("a value with two readers is not overwritten in place") {
  const Graph one = Chain({1, 8, 8}).convolution(4).relu();
  const Graph two = Chain({1, 8, 8}).convolution(4).relu().from(1);  // the convolution's value is also the network's output
  CHECK(estimate_memory(one, 1).eval_bytes == map_bytes / 4 + map_bytes + 4 * parameter_count(one));
  CHECK(estimate_memory(two, 1).eval_bytes == 2 * map_bytes + 4 * parameter_count(two));
}

TEST_CASE("flatten needs no buffer") {
  const Graph graph = Chain(map).convolution(4).flatten().linear(10);
  // In the convolution's backward: the batch, the gradient of its output, and the network's output, aligned.
  CHECK(estimate_memory(graph, 1).train_bytes == 2 * map_bytes + 64 + state_bytes(graph));
}

TEST_CASE("batch_norm keeps its input, neither its output nor a mask, and its gradient stands where that of its result stood") {
  const Graph graph = Chain({4, 64, 64}).convolution(4).batch_norm().relu().max_pool(64);
  const std::int64_t bytes = 4 * 64 * 64 * 4;
  const std::int64_t estimate = estimate_memory(graph, 1).train_bytes - state_bytes(graph) - 4 * 2 * 4;
  // The batch, the convolution's output, and in the forward the norm's, in the backward its gradient; statistics are small.
  CHECK(estimate >= 3 * bytes);
  CHECK(estimate <= 3 * bytes + 1024);
}

TEST_CASE("a pooling joined to batch_norm spares the normalized map, keeps a byte a result, and writes its gradient over its input") {
  const Graph joined = Chain({4, 64, 64}).convolution(4).batch_norm().relu().max_pool(2);
  const Graph apart = Chain({4, 64, 64}).convolution(4).batch_norm().eltwise(Eltwise::Function::tanh).max_pool(2);
  constexpr std::int64_t bytes = 4 * 64 * 64 * 4;
  constexpr std::int64_t results = 4 * 32 * 32;
  constexpr std::int64_t statistics = 64;  // 32 bytes, aligned
  // In the backward: the batch, the convolution's output; the results, their gradient and the bytes.
  CHECK(estimate_memory(joined, 1).train_bytes == 2 * bytes + results * (4 + 4 + 1) + statistics + state_bytes(joined) + 4 * 2 * 4);
  // There the norm's gradients by its parameters, a cache line each, come after the peak.
  CHECK(estimate_memory(apart, 1).train_bytes >= estimate_memory(joined, 1).train_bytes + 2 * bytes - 2 * 64);
  CHECK(estimate_memory(apart, 1).train_bytes <= estimate_memory(joined, 1).train_bytes + 2 * bytes);
}

TEST_CASE("a depthwise convolution between batch norms keeps its input and its result, and none of the maps that the norms give it") {
  const auto joined = [](bool with_norms) {
    Chain net({4, 64, 64});
    net.convolution(4).batch_norm().relu().depthwise();
    if (with_norms) net.batch_norm();
    return Graph(net.max_pool(64));
  };
  constexpr std::int64_t bytes = 4 * 64 * 64 * 4;
  const auto maps = [&](const Graph& graph) { return (estimate_memory(graph, 1).train_bytes - state_bytes(graph)) / bytes; };
  // In the backward: the batch, the convolution's input, its result and the gradient that becomes the input's.
  CHECK(maps(joined(true)) == 4);
  // Apart: the batch, the norm's input, its result, and the gradients of both.
  CHECK(maps(joined(false)) == 4);
  CHECK(estimate_memory(joined(true), 1).train_bytes < estimate_memory(joined(false), 1).train_bytes + bytes / 16);
}

TEST_CASE("max pooling keeps an index of one byte, or four for windows beyond 255 pixels") {
  // In pooling's backward: the batch, the gradient of the convolution's output; the result, its gradient, and the indices.
  const auto beyond_maps = [](const Graph& graph) {
    return estimate_memory(graph, 16).train_bytes - state_bytes(graph) - 2 * std::int64_t{16} * 4 * 32 * 32 * 4;
  };
  constexpr std::int64_t results_of_8 = 16 * 4 * 4 * 4;
  constexpr std::int64_t results_of_16 = 16 * 4 * 2 * 2;
  CHECK(beyond_maps(Chain({4, 32, 32}).convolution(4).max_pool(8)) == results_of_8 * (4 + 4 + 1));
  CHECK(beyond_maps(Chain({4, 32, 32}).convolution(4).max_pool(16)) == results_of_16 * (4 + 4 + 4));
}

TEST_CASE("norms within an image keep their input, and two numbers a pixel or a channel of each image") {
  // In the norm's backward: the batch, the convolution's output, two gradients, and the network's output.
  const auto beyond_maps = [](const Graph& graph) {
    return estimate_memory(graph, 64).train_bytes - state_bytes(graph) - 64 * (4 * map_bytes + 4 * 4);
  };
  CHECK(beyond_maps(Chain(map).convolution(4).layer_norm().adaptive_pool(Pooling::Kind::average, 1)) == 64 * 8 * 8 * 2 * 4);
  CHECK(beyond_maps(Chain(map).convolution(4).group_norm(2).adaptive_pool(Pooling::Kind::average, 1)) == 64 * 4 * 2 * 4);
}

TEST_CASE("max pooling over windows that differ keeps the pixel in four bytes, average pooling nothing") {
  const auto bytes = [](Pooling::Kind kind) {
    return estimate_memory(Chain({4, 32, 32}).convolution(4).adaptive_pool(kind, 7), 16).train_bytes;
  };
  CHECK(bytes(Pooling::Kind::max) - bytes(Pooling::Kind::average) == 16 * 4 * 7 * 7 * 4);
}

TEST_CASE("a network without anything to train needs no gradients") {
  const Graph graph = Chain(map).max_pool(2).flatten();
  const MemoryEstimate estimate = estimate_memory(graph, 1);
  CHECK(estimate.train_bytes == map_bytes + map_bytes / 4);
  CHECK(estimate.eval_bytes == estimate.train_bytes);
}

TEST_CASE("maps stand where the gradients of earlier layers' weights come to stand later") {
  Chain net(map);
  for (int layer = 0; layer < 6; ++layer) net.convolution(4);
  const Graph graph = net;
  // Eight maps, of which two share their room with gradients.
  CHECK(estimate_memory(graph, 1).train_bytes == (8 - 2) * map_bytes + state_bytes(graph));
}

TEST_CASE("activations grow with the batch, parameters do not") {
  const Graph graph = Chain(map).convolution(4).convolution(4);
  const std::int64_t parameters = state_bytes(graph);
  CHECK(estimate_memory(graph, 32).train_bytes - parameters == 32 * (estimate_memory(graph, 1).train_bytes - parameters));
}

TEST_CASE("the tutorial's network at batch size 100 takes some tens of megabytes to train, less to evaluate") {
  const Graph graph = Chain({1, 28, 28})
                          .convolution(16, 5)
                          .batch_norm()
                          .relu()
                          .max_pool(2)
                          .convolution(32, 5)
                          .batch_norm()
                          .relu()
                          .max_pool(2)
                          .flatten()
                          .linear(10);
  const MemoryEstimate estimate = estimate_memory(graph, 100);
  CHECK(parameter_count(graph) == 29034);
  CHECK(estimate.train_bytes > 10'000'000);
  CHECK(estimate.train_bytes < 20'000'000);
  CHECK(estimate.eval_bytes > 6'000'000);
  CHECK(estimate.eval_bytes < 8'000'000);
}

TEST_CASE("a batch size that overflows is an error") {
  const Graph graph = Chain(map).convolution(4);
  CHECK_THROWS_AS(estimate_memory(graph, std::numeric_limits<std::int64_t>::max()), ShapeError);
  CHECK_THROWS_AS(estimate_memory(graph, std::numeric_limits<std::int64_t>::max() / 2048), ShapeError);
}

}  // namespace
}  // namespace cnnctl
