#include <doctest/doctest.h>

#include "check.h"
#include "engine/graph/cost.h"
#include "engine/graph/freeze.h"
#include "engine/graph/passes/passes.h"
#include "tests/graph/networks.h"

namespace cnnctl {
namespace {

/// The estimate counts no scratchpads and no padding; maps are large here and channels fill blocks, so that these are small; and
/// no map is converted between formats at the ends.
void check_estimate(const Graph& graph, std::int64_t images, bool recompute) {
  INFO(to_string(graph));
  const MemoryEstimate estimate = estimate_memory(graph, images, recompute);
  std::int64_t parameters = 0;
  for (const Parameter& parameter : graph.parameters) parameters += 4 * parameter.count();
  ModelOptions options;
  options.batch_size = images;
  options.recompute = recompute;
  Model model(graph, options);
  const auto near = [](const std::string& mode, std::int64_t real, std::int64_t estimated) {
    INFO(mode);
    CHECK(static_cast<double>(estimated) == doctest::Approx(static_cast<double>(real)).epsilon(0.1));
  };
  near("training", model.training(images).arena_bytes(),
       estimate.train_bytes - parameters - 8 * (parameter_count(graph) - frozen_count(graph)));
  const std::int64_t prepared = evaluation_weight_bytes(prepare_for_evaluation(graph));
  near("evaluation", model.evaluation(images).arena_bytes(), estimate.eval_bytes - parameters - prepared);
}

void check_estimate(const Graph& graph, std::int64_t images = 4) {
  for (const bool recompute : {false, true}) {
    INFO("recompute: ", recompute);
    check_estimate(graph, images, recompute);
  }
}

TEST_CASE("the estimate for a chain of layers is what its program needs") {
  Chain net({1, 28, 28});
  net.convolution(16, 5).batch_norm().relu().max_pool(2).convolution(32, 5).batch_norm().relu().max_pool(2).flatten().linear(10);
  check_estimate(net, 200);
  Chain plain({3, 32, 32});
  plain.convolution(32).relu().convolution(32).relu().max_pool(2).convolution(64).relu().max_pool(2).flatten().linear(64).relu().linear(10);
  check_estimate(plain, 100);
  Chain depthwise({3, 24, 24});
  depthwise.convolution(64).relu().depthwise().relu().depthwise().relu().depthwise().relu().max_pool(2).flatten().linear(10);
  check_estimate(depthwise, 16);
}

TEST_CASE("the estimate for a network with frozen layers is what its program needs") {
  Chain net({3, 32, 32});
  net.convolution(32).batch_norm().relu().convolution(32).batch_norm().relu().max_pool(2).convolution(64).relu().flatten().linear(10);
  for (const std::vector<std::string>& globs : std::vector<std::vector<std::string>>{{"p0", "p1", "p2", "p3"}, {"p6", "p7", "p8", "p9"}}) {
    Graph graph = net;
    freeze(graph, globs);
    check_estimate(graph, 100);
  }
}

TEST_CASE("the estimate for graphs with branches is what their programs need") {
  Chain net({3, 64, 64});
  ValueId in = net.convolution(16, 1).value();
  net.batch_norm().relu().convolution(16, 1).batch_norm().plus(in).relu();
  in = net.value();
  net.convolution(16, 1).batch_norm().relu().convolution(16, 1).batch_norm().plus(in).relu();
  check_estimate(Chain(net).adaptive_pool(1));  // residuals

  in = net.value();
  const ValueId body = net.convolution(32, 1, 2).batch_norm().value();
  // The backward of a 1x1 convolution with a stride takes a scratchpad as large as its map, which shows where little is kept.
  check_estimate(Chain(net.from(in).convolution(32, 1, 2).batch_norm().plus(body).relu()).adaptive_pool(1), 4, false);

  Chain bottlenecks({3, 64, 64});  // the sums without relu
  ValueId narrow = bottlenecks.convolution(16, 1).batch_norm().value();
  for (int block = 0; block < 2; ++block) {
    bottlenecks.convolution(32, 1).batch_norm().eltwise(Eltwise::Function::relu6).convolution(16, 1).batch_norm().plus(narrow);
    narrow = bottlenecks.value();
  }
  check_estimate(Chain(bottlenecks).adaptive_pool(1));

  Chain dense({3, 64, 64});
  std::vector<ValueId> all{dense.convolution(16, 1).value()};
  for (int layer = 0; layer < 3; ++layer) {
    all.push_back(dense.batch_norm().relu().convolution(16, 1).value());
    dense.concat(all);
  }
  check_estimate(Chain(dense).adaptive_pool(1));

  Chain gated({3, 64, 64});
  const ValueId map = gated.convolution(16, 1).relu().value();
  const ValueId gate = gated.adaptive_pool(1).convolution(16, 1).eltwise(Eltwise::Function::sigmoid).value();
  gated.from(map).times(gate).convolution(16, 1).plus(map);
  check_estimate(Chain(gated).adaptive_pool(1));

  const ValueId early = gated.value();
  gated.eltwise(Eltwise::Function::tanh).dropout().plus(early).plus(map).relu().convolution(16, 1);
  check_estimate(Chain(gated).adaptive_pool(1));
  check_estimate(Chain(gated.from(early)).adaptive_pool(1));  // and nodes that do not reach the result
}

}  // namespace
}  // namespace cnnctl
