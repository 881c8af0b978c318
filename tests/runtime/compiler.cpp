#include "engine/runtime/compiler.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "check.h"
#include "engine/graph/passes/passes.h"
#include "engine/runtime/chooser.h"
#include "engine/runtime/layout.h"
#include "tests/graph/networks.h"
#include "tests/support/with_threads.h"

namespace cnnctl {
namespace {

TEST_CASE("a tensor has to stay below 2 GiB, memory of our own loops need not") {
  const Graph graph = Chain({1, 2, 2});
  ParameterStore store(graph);
  const std::uint64_t dropout_state = 0;
  const AlignedMemory none;
  Chooser chooser({}, none, [] { return std::int64_t{0}; });
  Compiler compiler(graph, Mode::training, 1, store, dropout_state, false, chooser);
  constexpr std::int64_t bytes = std::int64_t{3} << 30;
  CHECK_NOTHROW(compiler.allocate_bytes(bytes));
  CHECK_THROWS_AS(compiler.allocate(plain_desc({bytes / 4})), std::runtime_error);
}

TEST_CASE("a program keeps to the threads that it was compiled for in the loops that have scratch for each") {
  const WithThreads compiled_for(1);
  Chain net({3, 12, 12});
  net.convolution(16).convolution(16, 5);
  ModelOptions options;
  options.batch_size = 4;
  Model model(net, options);
  randomize(model, 1);
  Program& program = model.training(4);
  const auto images = random_floats(program.input().size(), 2);
  const auto gradients_with = [&](int threads) {
    const WithThreads running(threads);
    std::copy(images.begin(), images.end(), program.input().begin());
    program.forward();
    std::fill(program.output_gradient().begin(), program.output_gradient().end(), 1.0F);
    program.backward();
    return std::vector<double>(model.trainable_gradients().begin(), model.trainable_gradients().end());
  };
  const auto alone = gradients_with(1);
  CHECK(relative_error(gradients_with(4), alone) < 1e-5);
}

TEST_CASE("a norm with a sum adds the two parts of its result's gradient itself, and a third part costs a step") {
  const auto sums = [](const Graph& graph) {
    const std::uint64_t dropout_state = 0;
    ParameterStore store(graph);
    const AlignedMemory none;
    Chooser chooser({}, none, [] { return std::int64_t{0}; });
    const CompiledProgram program = Compiler(graph, Mode::training, 2, store, dropout_state, false, chooser).compile();
    return std::count_if(program.backward.begin(), program.backward.end(),
                         [](const LabelledStep& step) { return step.label.pass == std::string("gradient sum"); });
  };
  Chain net({3, 6, 6});
  ValueId in = net.convolution(8).value();
  in = net.convolution(8).batch_norm().plus(in).relu().value();
  net.convolution(8).batch_norm().plus(in);
  CHECK(sums(fuse_binary_relu(net)) == 2);
  CHECK(sums(fuse_norm_residual(fuse_binary_relu(net))) == 1);  // of the first convolution's result
  CHECK(sums(fuse_norm_residual(fuse_binary_relu(Chain(net).plus(in)))) == 2);
}

TEST_CASE("an evaluation model has neither gradients nor an output's gradient") {
  ModelOptions options;
  options.mode = Mode::evaluation;
  Model model(Chain({3, 4, 4}).convolution(4), options);
  CHECK_FALSE(model.trainable_values().empty());
  CHECK(model.trainable_gradients().empty());
  CHECK(model.evaluation(1).output_gradient().empty());
  CHECK(model.evaluation(1).input_gradient().empty());
}

}  // namespace
}  // namespace cnnctl
