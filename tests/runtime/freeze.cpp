#include "engine/graph/freeze.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "check.h"

namespace cnnctl {
namespace {

Graph frozen_network(const std::string& items, const Shape& input, const std::vector<std::string>& globs) {
  Graph graph = network_of(items, input);
  freeze(graph, globs);
  return graph;
}

TEST_CASE("what is frozen lets gradients through and is computed as if it were trained, but for a norm") {
  const std::string ends = "\n- flatten\n- linear: {out_features: 3}";
  for (const std::vector<std::string>& globs :
       std::vector<std::vector<std::string>>{{"1.*"}, {"0.*"}, {"*.bias"}, {"1.weight"}, {"4.*", "0.*"}}) {
    CAPTURE(globs.front());
    check_graph(frozen_network("- conv: {out_channels: 8, kernel_size: 3}\n- conv: {out_channels: 8, kernel_size: 3, padding: 1}\n"
                               "- relu" +
                                   ends,
                               {4, 6, 6}, globs),
                2);
    check_graph(frozen_network("- conv: {out_channels: 8, kernel_size: 3}\n- batch_norm\n- relu" + ends, {3, 6, 6}, globs), 2);
    check_graph(frozen_network("- conv: {out_channels: 8, kernel_size: 1}\n- conv: {out_channels: 8, kernel_size: 3, groups: 8}\n"
                               "- prelu" +
                                   ends,
                               {4, 6, 6}, globs),
                2);
    check_graph(frozen_network("- conv: {out_channels: 8, kernel_size: 1}\n- layer_norm\n- relu" + ends, {4, 6, 6}, globs), 2);
  }
}

TEST_CASE("a frozen batch_norm normalizes by its running statistics, with and without a weight, on any number of channels") {
  for (const int channels : {3, 8, 20})
    for (const char* behind : {"", "\n- relu", "\n- relu\n- max_pool: {kernel_size: 2}"})
      for (const char* norm : {"- batch_norm", "- batch_norm: {affine: false}"})
        check_graph(frozen_network(std::string(norm) + behind + "\n- conv: {out_channels: 4, kernel_size: 1}", {channels, 4, 4}, {"0.*"}),
                    2);
  check_graph(
      frozen_network("- residual:\n    body: [conv: {name: c, out_channels: 8, kernel_size: 3, padding: 1}, batch_norm: {name: n}]\n- relu",
                     {8, 5, 5}, {"n.*"}),
      2);
}

TEST_CASE("norms around a depthwise convolution may be frozen, one or both, and so may it") {
  const std::string items =
      "- batch_norm\n- relu6\n- conv: {out_channels: 16, kernel_size: 3, padding: 1, groups: 16, bias: false}\n- batch_norm\n- relu6\n"
      "- conv: {out_channels: 4, kernel_size: 1}";
  for (const std::vector<std::string>& globs :
       std::vector<std::vector<std::string>>{{"0.*"}, {"3.*"}, {"2.*"}, {"0.*", "3.*"}, {"0.weight"}})
    check_graph(frozen_network(items, {16, 6, 6}, globs), 2);
}

TEST_CASE("a step keeps what is frozen, and a frozen batch_norm's running statistics, and nothing is computed for it alone") {
  ModelOptions options;
  options.batch_size = 4;
  options.profile = true;
  const std::string items =
      "- conv: {out_channels: 8, kernel_size: 3}\n- batch_norm\n- relu\n- conv: {out_channels: 8, kernel_size: 3}\n- batch_norm";
  const auto backward_layers = [&](const std::vector<std::string>& globs) {
    Model model(frozen_network(items, {3, 8, 8}, globs), options);
    const PlainParameters before = randomize(model, 7);
    Program& program = model.training(4);
    const auto images = random_floats(program.input().size(), 3);
    std::copy(images.begin(), images.end(), program.input().begin());
    program.forward();
    std::fill(program.output_gradient().begin(), program.output_gradient().end(), 1.0F);
    program.backward();
    for (std::size_t i = 0; i < before.size(); ++i) {
      const std::string& name = model.graph().parameters[i].name;
      const std::vector<float> now = model.parameter(static_cast<ParameterId>(i));
      const bool kept = std::equal(now.begin(), now.end(), before[i].begin());
      CHECK_MESSAGE(kept == (name.find("running") == std::string::npos || (name.starts_with("1") && !globs.empty())), name);
    }
    std::vector<std::string> layers;
    for (const StepTime& step : program.step_times())
      if (step.pass.find("backward") != std::string::npos) layers.push_back(step.layer + " " + step.pass);
    return layers;
  };
  CHECK(backward_layers({}).size() == 5);
  CHECK(backward_layers({"0.*", "1.*"}) == std::vector<std::string>{"4 backward", "3 backward weights"});
}

}  // namespace
}  // namespace cnnctl
