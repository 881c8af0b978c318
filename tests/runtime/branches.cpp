#include <doctest/doctest.h>

#include <algorithm>

#include "check.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

using Function = Eltwise::Function;

// Channels that fill whole blocks, and some that do not.
constexpr std::int64_t channel_counts[] = {16, 5};

TEST_CASE("a residual with the identity is right, with and without relu behind it, one after another") {
  for (const std::int64_t channels : channel_counts) {
    Chain net({3, 5, 6});
    net.convolution(channels).relu();
    for (int block = 0; block < 2; ++block) {
      const ValueId in = net.value();
      net.convolution(channels).batch_norm().relu().convolution(channels).batch_norm().plus(in);
      if (block == 0) net.relu();
    }
    check_graph(net, 2);
  }
}

TEST_CASE("a residual with a strided convolution as its shortcut is right") {
  for (const std::int64_t channels : channel_counts) {
    Chain net({3, 6, 6});
    const ValueId in = net.convolution(channels).batch_norm().relu().value();
    const ValueId body = net.convolution(channels, 3, 2).batch_norm().relu().convolution(channels).batch_norm().value();
    net.from(in).convolution(channels, 1, 2).batch_norm().plus(body).relu().convolution(4, 1);
    check_graph(net, 2);
  }
}

TEST_CASE("residuals inside residuals are right, and those before an activation") {
  Chain net({3, 4, 5});
  const ValueId outer = net.convolution(8).value();
  const ValueId inner = net.batch_norm().relu().convolution(8).value();
  net.eltwise(Function::tanh).convolution(8).plus(inner).plus(outer).relu();
  const ValueId last = net.value();
  net.batch_norm().relu().convolution(8).plus(last);
  check_graph(net, 2);
}

TEST_CASE("a chain of concatenations of odd channel counts is right") {
  Chain net({3, 4, 5});
  std::vector<ValueId> all{0};
  for (const std::int64_t growth : {5, 13, 16, 1}) {
    all.push_back(net.batch_norm().relu().convolution(growth).value());
    net.concat(all);
  }
  check_graph(net.convolution(6, 1), 2);
}

TEST_CASE("a concatenation of branches that begin at one value is right, in blocked and plain formats, and at the network's end") {
  for (const std::int64_t channels : channel_counts) {
    Chain net({3, 5, 4});
    const ValueId in = net.convolution(16).relu().value();
    const ValueId one = net.convolution(channels, 1).relu().value();
    const ValueId two = net.from(in).convolution(7, 1).relu().convolution(24, 3).value();
    const ValueId three = net.from(in).max_pool({3, 1, 1, 1, 1}).convolution(channels, 1).value();
    check_graph(net.concat({one, in, two, three}), 2);
  }
  Chain plain({3, 4, 4});
  const ValueId pooled = plain.max_pool({3, 1, 1, 1, 1}).value();
  check_graph(plain.concat({0, pooled, 0}), 2);
}

TEST_CASE("a concatenation of maps of more pixels than a thread copies at once is right") {
  Chain net({2, 20, 17});
  const ValueId one = net.convolution(5, 1).value();
  const ValueId two = net.from(0).convolution(18, 1).value();
  check_graph(net.concat({one, two}), 1);
}

TEST_CASE("concatenated vectors are right, also of flattened maps") {
  Chain net({3, 3, 2});
  const ValueId map = net.convolution(5).flatten().value();
  const ValueId hidden = net.linear(7).relu().value();
  check_graph(Chain(net).concat({map, hidden, map}).linear(3), 3);
  check_graph(Chain(net).concat({hidden, map}), 3);
}

TEST_CASE("squeeze and excitation's product is right in every format, and a sum with a number a channel") {
  for (const Binary::Kind kind : {Binary::Kind::multiply, Binary::Kind::add})
    for (const std::int64_t channels : channel_counts) {
      Chain net({3, 6, 5});
      const ValueId map = net.convolution(channels).eltwise(Function::tanh).value();
      const ValueId gate = net.adaptive_pool(1).convolution(4, 1).relu().convolution(channels, 1).eltwise(Function::sigmoid).value();
      check_graph(Chain(net).from(map).binary(kind, gate), 2);
      check_graph(Chain(net).from(map).binary(kind, gate).relu().convolution(3, 1).plus(0), 2);
      Chain plain({4, 5, 5});
      const ValueId means = plain.adaptive_pool(1).value();
      check_graph(plain.from(0).binary(kind, means), 2);
    }
}

TEST_CASE("a gate that is a vector is right") {
  Chain net({3, 4, 4});
  const ValueId map = net.convolution(6).value();
  const ValueId gate = net.flatten().linear(6).eltwise(Function::sigmoid).value();
  check_graph(net.from(map).times(gate), 2);
}

TEST_CASE("a product of two maps and of two vectors is right") {
  for (const std::int64_t channels : channel_counts) {
    Chain net({3, 4, 5});
    const ValueId first = net.convolution(channels).value();
    check_graph(net.from(0).convolution(channels).eltwise(Function::sigmoid).times(first).relu(), 2);
  }
  Chain vectors({3, 2, 2});
  const ValueId flat = vectors.convolution(3).flatten().value();
  check_graph(vectors.linear(12).times(flat).linear(2), 3);
}

TEST_CASE("the same value twice is right in a sum, a product and a concatenation, with relu behind and without") {
  for (const ValueId twice : {1, 2}) {
    const auto net = [&] { return Chain({3, 4, 4}).convolution(5).eltwise(Function::tanh).from(twice); };
    check_graph(net().plus(twice), 2);
    check_graph(net().plus(twice).relu().convolution(2, 1), 2);
    check_graph(net().times(twice), 2);
    check_graph(net().times(twice).relu(), 2);
    check_graph(net().concat({twice, twice, twice}), 2);
  }
  check_graph(Chain({3, 4, 4}).plus(0), 2);
  check_graph(Chain({3, 4, 4}).times(0), 2);
  check_graph(Chain({3, 4, 4}).concat({0, 0}), 2);
}

TEST_CASE("a convolution's result that is added to its own input is right") {
  check_graph(Chain({16, 4, 4}).convolution(16).plus(0), 2);
  Chain net({3, 4, 4});
  const ValueId in = net.convolution(16).value();
  check_graph(net.convolution(16).plus(in).relu(), 2);
}

TEST_CASE("a value with many readers is right, the network's input too") {
  Chain net({3, 4, 5});
  const ValueId one = net.convolution(6).value();
  const ValueId two = net.from(0).convolution(6, 1).plus(one).value();
  const ValueId three = net.from(one).relu().plus(two).value();
  const ValueId four = net.from(two).eltwise(Function::sigmoid).times(one).plus(three).value();
  check_graph(net.concat({four, 0, one, three}), 2);
}

TEST_CASE("a network's result that other nodes read as well is right") {
  Chain net({3, 4, 4});
  const ValueId out = net.convolution(5).value();
  net.relu().convolution(3).eltwise(Function::tanh);
  check_graph(net.from(out), 2);
  const ValueId sum = Chain(net).plus(out).value();
  check_graph(Chain(net).plus(out).relu().from(sum), 2);
}

TEST_CASE("every operation that may write over its input leaves a value that something else reads, before and behind a branch") {
  using Step = void (*)(Chain&);
  const Step steps[] = {[](Chain& c) { c.relu(); }, [](Chain& c) { c.eltwise(Function::sigmoid); }, [](Chain& c) { c.softmax(); },
                        // With relu: norms of norms alone are normed already, and their gradients nothing but rounding.
                        [](Chain& c) { c.batch_norm().relu(); }, [](Chain& c) { c.eltwise(Function::silu); },
                        [](Chain& c) { c.eltwise(Function::hardsigmoid); }, [](Chain& c) { c.channel_scale(); },
                        [](Chain& c) { c.group_norm(1); }, [](Chain& c) { c.dropout(); },
                        [](Chain& c) {
                          c.max_pool({3, 1, 1, 1, 1});
                        }};
  for (const std::int64_t channels : channel_counts)
    for (const Step step : steps) {
      Chain net({3, 4, 4});
      const ValueId in = net.convolution(channels).value();
      step(net);
      const ValueId first = net.value();
      step(net.from(in));
      step(net);
      step(net.plus(in));
      step(net.plus(first));
      Graph graph = net.plus(in);
      for (Node& node : graph.nodes)
        if (auto* dropout = std::get_if<Dropout>(&node.op)) dropout->probability = 0;  // the plain loops know no other
      check_graph(graph, 2);
    }
}

TEST_CASE("a flattened map may be read as a map and as a vector") {
  for (const std::int64_t channels : channel_counts) {
    Chain net({3, 3, 2});
    const ValueId map = net.convolution(channels).value();
    const ValueId flat = net.flatten().value();
    const ValueId relu = net.relu().value();
    const ValueId soft = net.from(flat).softmax().plus(relu).value();
    const ValueId again = net.from(map).relu().flatten().plus(soft).value();
    check_graph(net.from(flat).eltwise(Function::tanh).plus(again).linear(3), 2);
  }
}

TEST_CASE("nodes that do not reach the result leave no trace, and their parameters' gradients stay zero from step to step") {
  Chain net({3, 4, 4});
  const ValueId in = net.convolution(8).batch_norm().value();
  net.convolution(4).batch_norm().relu().convolution(2);  // parameters 6 to 13
  check_graph(net.from(in).relu().convolution(5, 1), 2);

  ModelOptions options;
  options.batch_size = 2;
  Model model(net, options);
  randomize(model, 3);
  for (int step = 0; step < 3; ++step) {
    Program& program = model.training(2);
    const auto images = random_floats(program.input().size(), 4);
    std::copy(images.begin(), images.end(), program.input().begin());
    program.forward();
    std::fill(program.output_gradient().begin(), program.output_gradient().end(), 1.0F);
    program.backward();
    for (ParameterId id = 6; id < 14; ++id) {
      const auto gradient = model.to_plain(id, model.trainable_gradients());
      if (model.graph().parameters[static_cast<std::size_t>(id)].trainable)
        CHECK(std::count(gradient.begin(), gradient.end(), 0.0F) == static_cast<std::ptrdiff_t>(gradient.size()));
    }
  }
}

}  // namespace
}  // namespace cnnctl
