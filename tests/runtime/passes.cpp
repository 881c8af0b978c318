#include "engine/graph/passes/passes.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "check.h"
#include "engine/runtime/chooser.h"
#include "engine/runtime/compiler.h"
#include "engine/runtime/program.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

using Pass = Graph (*)(Graph);

/// What a graph's program gives, compiled as it is: its result, and in training all gradients. Also counts its forward steps.
struct Run {
  std::vector<double> result;
  std::vector<double> gradients;
  std::size_t forward_steps = 0;
};

Run run(const Graph& graph, Mode mode) {
  constexpr std::int64_t images = 2;
  const std::uint64_t dropout_state = 0;
  ParameterStore store(graph);
  Chooser chooser;
  CompiledProgram compiled = Compiler(graph, mode, images, store, dropout_state, true, chooser).compile();
  store.allocate();
  Run result;
  result.forward_steps = compiled.forward.size();
  StepListProgram program(std::move(compiled), images, store, false);
  const AlignedMemory arena(static_cast<std::size_t>(program.arena_bytes()));
  program.bind(arena.data());
  for (std::size_t i = 0; i < graph.parameters.size(); ++i) {
    const Parameter& parameter = graph.parameters[i];
    store.set_plain(static_cast<ParameterId>(i), random_floats(static_cast<std::size_t>(parameter.count()), static_cast<unsigned>(i),
                                                               parameter.trainable ? -1.0F : 0.5F));
  }
  const auto input = random_floats(program.input().size(), 77);
  std::copy(input.begin(), input.end(), program.input().begin());
  program.forward();
  result.result.assign(program.output().begin(), program.output().end());
  if (mode == Mode::evaluation) return result;
  const auto gradient = random_floats(program.output_gradient().size(), 78);
  std::copy(gradient.begin(), gradient.end(), program.output_gradient().begin());
  program.backward();
  result.gradients.assign(program.input_gradient().begin(), program.input_gradient().end());
  for (std::size_t i = 0; i < graph.parameters.size(); ++i)
    if (graph.parameters[i].trainable)
      for (const float value : store.to_plain(static_cast<ParameterId>(i), store.trainable_gradients(arena.data())))
        result.gradients.push_back(value);
  return result;
}

/// The program with the pass gives what it gives without it. Returns how many steps it spares.
std::size_t check_pass(Pass pass, const Graph& graph, Mode mode) {
  INFO(to_string(graph));
  const Graph changed = pass(graph);
  CHECK(changed.nodes.size() < graph.nodes.size());
  const Run without = run(graph, mode), with = run(changed, mode);
  CHECK(relative_error(with.result, without.result) < 1e-5);
  if (mode == Mode::training) CHECK(relative_error(with.gradients, without.gradients) < 1e-5);
  return without.forward_steps - with.forward_steps;
}

TEST_CASE("fuse_norm_activation changes neither results nor gradients, in training and in evaluation") {
  using Function = Eltwise::Function;
  for (const Mode mode : {Mode::training, Mode::evaluation})
    for (const std::int64_t channels : {16, 5})
      for (const Function function :
           {Function::relu, Function::relu6, Function::hardsigmoid, Function::hardswish, Function::silu, Function::mish}) {
        Chain net({3, 5, 4});
        net.convolution(channels).batch_norm().eltwise(function).convolution(4);
        CHECK(check_pass(fuse_norm_activation, net, mode) == 1);
      }
}

TEST_CASE("fuse_binary_relu changes neither results nor gradients, in training and in evaluation") {
  for (const Mode mode : {Mode::training, Mode::evaluation})
    for (const std::int64_t channels : {16, 5}) {
      Chain sum({3, 5, 4});
      const ValueId map = sum.convolution(channels).value();
      const ValueId other = sum.from(0).convolution(channels, 1).value();
      check_pass(fuse_binary_relu, Chain(sum).plus(map).relu(), mode);
      check_pass(fuse_binary_relu, Chain(sum).times(map).relu(), mode);
      const ValueId again = sum.plus(map).relu().value();
      check_pass(fuse_binary_relu, sum.plus(other).relu().plus(again).relu(), mode);
      Chain gated({3, 5, 4});
      const ValueId wide = gated.convolution(channels).value();
      const ValueId gate = gated.adaptive_pool(1).convolution(channels, 1).value();
      check_pass(fuse_binary_relu, Chain(gated).from(wide).times(gate).relu(), mode);
      check_pass(fuse_binary_relu, Chain(gated).from(wide).plus(gate).relu(), mode);
    }
}

TEST_CASE("fuse_norm_residual changes neither results nor gradients, whoever else reads what is added, and spares a step") {
  for (const std::int64_t channels : {16, 5})
    for (const bool relu : {true, false}) {
      const auto check = [&](Chain net) {
        CHECK(check_pass(fuse_norm_residual, fuse_binary_relu(relu ? net.relu() : net), Mode::training) == 1);
      };
      Chain net({3, 5, 4});
      const ValueId in = net.convolution(channels).value();
      const ValueId norm = net.convolution(channels).batch_norm().value();
      check(Chain(net).plus(in));
      check(Chain(net).from(in).max_pool({3, 1, 1, 1, 1}).plus(norm));                  // overwritten by the sum
      check(Chain(net).from(in).eltwise(Eltwise::Function::tanh).plus(norm).plus(in));  // one of three parts of a gradient
      check(Chain({channels, 5, 4}).batch_norm().plus(0));                              // the norm's own input
      check(Chain({channels, 5, 4}).convolution(channels).batch_norm().plus(0));
      check(Chain({channels, 5, 4}).convolution(channels).flatten().batch_norm().plus(2));
      const ValueId sum = Chain(net).plus(in).value();
      check(Chain(net).plus(in).convolution(channels).plus(sum));  // a gradient that others wait for
    }
}

TEST_CASE("fuse_norm_residual works in a block whose shortcut has a norm of its own, and blocks in a row") {
  Chain net({3, 6, 6});
  ValueId in = net.convolution(8).value();
  const ValueId body = net.convolution(8).batch_norm().value();
  in = net.from(in).convolution(8, 1).batch_norm().plus(body).relu().value();
  in = net.convolution(8).batch_norm().relu().convolution(8).batch_norm().plus(in).relu().value();
  net.convolution(8).batch_norm().relu().convolution(8).batch_norm().plus(in);
  check_pass(fuse_norm_residual, fuse_binary_relu(fuse_norm_activation(net)), Mode::training);
}

TEST_CASE("fuse_norm_depthwise changes neither results nor gradients, whatever stands around the convolution, and spares its steps") {
  for (const std::int64_t channels : {16, 5})
    for (const std::int64_t kernel : {3, 5})
      for (const std::int64_t stride : {1, 2})
        for (const bool before : {true, false}) {
          Chain net({3, 9, 6});
          net.convolution(channels);
          if (before) net.batch_norm().relu();
          net.depthwise(kernel, stride).batch_norm().eltwise(Eltwise::Function::hardswish).convolution(4);
          CHECK(check_pass(fuse_norm_depthwise, fuse_norm_activation(net), Mode::training) == (before ? 2 : 1));
        }
}

TEST_CASE("fuse_norm_depthwise works where the convolution reads the image, a value that others read, or what another one gives") {
  const auto check = [](const Graph& net) { check_pass(fuse_norm_depthwise, fuse_norm_activation(net), Mode::training); };
  check(Chain({5, 7, 8}).depthwise().batch_norm().relu());
  check(Chain({5, 7, 8}).batch_norm().depthwise().batch_norm());
  Chain net({3, 7, 8});
  const ValueId in = net.convolution(8).batch_norm().relu().value();
  check(Chain(net).depthwise().batch_norm().plus(in));
  check(Chain(net).depthwise().batch_norm().relu().depthwise(5).batch_norm().eltwise(Eltwise::Function::relu6).plus(in));
  check(Chain(net).depthwise(3, 2).batch_norm().depthwise().batch_norm());
}

TEST_CASE("fuse_inverted_residual changes no result, whatever the convolutions have joined to them, and spares their steps") {
  using Function = Eltwise::Function;
  for (const std::int64_t channels : {64, 41})
    for (const std::int64_t stride : {1, 2})
      for (const Function function : {Function::relu6, Function::hardswish}) {
        Chain net({3, 57, 60});
        const ValueId in = net.convolution(8).value();
        net.convolution(channels, 1).batch_norm().eltwise(function).depthwise(3, stride).batch_norm().eltwise(function);
        net.convolution(8, 1).batch_norm();
        if (stride == 1) net.plus(in);
        const Graph folded = fuse_activation(fuse_residual(fold_batch_norm(net)));
        CHECK(check_pass(fuse_inverted_residual, folded, Mode::evaluation) >= 2);
      }
}

TEST_CASE("fuse_inverted_residual works without a norm, on the image, and where what is added is another branch's") {
  const auto check = [](const Graph& net) { check_pass(fuse_inverted_residual, fuse_activation(fuse_residual(net)), Mode::evaluation); };
  check(Chain({41, 57, 60}).depthwise().relu().convolution(5, 1).relu());
  check(Chain({3, 57, 60}).convolution(41, 1).depthwise(5).convolution(5, 1));
  Chain net({3, 57, 60});
  const ValueId other = net.convolution(9).value();
  check(net.from(0).convolution(41, 1).relu().depthwise().convolution(9, 1).plus(other).relu());
}

TEST_CASE("fuse_inverted_residual changes no result where it joins the network's first convolution") {
  for (const std::int64_t image_channels : {1, 3}) {
    Chain net({image_channels, 113, 119});
    net.convolution(41, 3, 2).batch_norm().relu().depthwise().batch_norm().relu().convolution(9, 1);
    CHECK(check_pass(fuse_inverted_residual, fuse_activation(fold_batch_norm(net)), Mode::evaluation) >= 2);
  }
}

TEST_CASE("fuse_residual changes no result, and the sum costs no step where the other input may be overwritten or our own loops add it") {
  for (const std::int64_t channels : {16, 5})
    for (const std::int64_t kernel : {1, 3, 5}) {
      const int saved = channels == 16 && kernel > 1 ? 1 : 0;
      Chain net({3, 6, 5});
      const ValueId in = net.convolution(channels).value();
      CHECK(check_pass(fuse_residual, Chain(net).convolution(channels, kernel).plus(in), Mode::evaluation) ==
            saved);  // it reads what it adds
      net.max_pool({3, 1, 1, 1, 1}).convolution(channels, kernel).plus(in);
      CHECK(check_pass(fuse_residual, net, Mode::evaluation) == 1);
      CHECK(check_pass(fuse_residual, fuse_binary_relu(Chain(net).relu()), Mode::evaluation) == 1);
      CHECK(check_pass(fuse_residual, net.concat({in, net.value()}), Mode::evaluation) == saved);
      CHECK(check_pass(fuse_residual, Chain({channels, 4, 4}).convolution(channels, kernel).plus(0), Mode::evaluation) == saved);
    }
}

TEST_CASE("fuse_residual works with folded norms and a relu of its own") {
  for (const std::int64_t kernel : {3, 5}) {
    Chain net({3, 6, 6});
    const ValueId in = net.convolution(16).batch_norm().relu().value();
    net.convolution(16, kernel).batch_norm().relu().convolution(16, kernel).batch_norm().plus(in).relu();
    const Graph folded = fuse_binary_relu(fuse_activation(fold_batch_norm(net)));
    check_pass(fuse_residual, folded, Mode::evaluation);
  }
}

}  // namespace
}  // namespace cnnctl
