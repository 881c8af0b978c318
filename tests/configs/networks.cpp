#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands/tables.h"
#include "engine/experiment/shipped.h"
#include "engine/graph/cost.h"

namespace cnnctl {
namespace {

/// What a shipped network has to cost.
struct Expected {
  std::string name;
  std::string parameters;  // "25,557,032"
  std::string gmacs;       // multiply-accumulates per image in thousands of millions, as many digits as are to be held: "4.089"
};

/// Of torchvision's metadata; of those that it lacks, counted from the PyTorch modules in tests/reference/networks.py.
const std::vector<Expected> networks = {
    {"lenet5", "61,706", "0.0004"},
    {"alexnet", "61,100,840", "0.714"},
    {"zfnet", "62,357,608", "1.168"},
    {"nin", "966,986", "0.222"},
    {"vgg11", "132,863,336", "7.609"},
    {"vgg16", "138,357,544", "15.470"},
    {"vgg16_bn", "138,365,992", "15.470"},
    {"vgg19", "143,667,240", "19.632"},
    {"googlenet", "6,624,904", "1.498"},
    {"inception_v3", "23,834,568", "5.713"},
    {"resnet18", "11,689,512", "1.814"},
    {"resnet34", "21,797,672", "3.664"},
    {"resnet50", "25,557,032", "4.089"},
    {"resnet101", "44,549,160", "7.801"},
    {"resnet152", "60,192,808", "11.514"},
    {"wide_resnet50_2", "68,883,240", "11.398"},
    {"resnext50_32x4d", "25,028,904", "4.230"},
    {"densenet121", "7,978,856", "2.834"},
    {"squeezenet1_0", "1,248,424", "0.819"},
    {"squeezenet1_1", "1,235,496", "0.349"},
    {"mobilenet_v2", "3,504,872", "0.301"},
    {"mobilenet_v3_small", "2,542,856", "0.057"},
    {"mobilenet_v3_large", "5,483,032", "0.217"},
    {"shufflenet_v2_x1_0", "2,278,604", "0.145"},
    {"mnasnet1_0", "4,383,312", "0.314"},
    {"efficientnet_b0", "5,288,548", "0.386"},
    {"regnet_y_400mf", "4,344,144", "0.402"},
    {"convnext_tiny", "28,589,128", "4.456"},
    {"resnet20_cifar10", "272,474", "0.041"},
    {"wide_resnet28_10", "36,479,194", "5.243"},
    {"densenet_bc_cifar10", "769,162", "0.288"},
    {"resnet9_mnist", "412,666", "0.017"},
    {"resnet9_fashion_mnist", "1,645,546", "0.069"},
    {"resnet9_cifar10", "6,573,130", "0.379"},
};

/// Loads the config of that name out of the binary; what it warns of is a failure.
Experiment load(const std::string& name, const std::vector<std::string>& sets = {}) {
  Diagnostics warnings;
  Experiment experiment = load_experiment(name, sets, experiment_tables(), warnings);
  for (const Diagnostic& warning : warnings.sorted()) FAIL_CHECK(to_text(warning, false));
  return experiment;
}

std::string with_commas(std::int64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

/// The count in thousands of millions, with as many decimals as `expected` has.
std::string gmacs_like(const std::string& expected, std::int64_t macs) {
  return fmt::format("{:.{}f}", static_cast<double>(macs) / 1e9, expected.size() - expected.find('.') - 1);
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Whether the config declares the var.
bool has_var(const Experiment& experiment, const char* var) {
  const Value* vars = experiment.config.find("vars");
  return vars != nullptr && vars->find(var) != nullptr;
}

}  // namespace

TEST_CASE("each shipped network has as many parameters and multiply-accumulates as its published definition") {
  for (const Expected& expected : networks) {
    CAPTURE(expected.name);
    const Graph graph = load(expected.name).graph;
    CHECK(with_commas(parameter_count(graph)) == expected.parameters);
    CHECK(gmacs_like(expected.gmacs, macs_per_image(graph)) == expected.gmacs);
  }
}

TEST_CASE("docs/networks.md has the figures of each shipped network") {
  const std::string guide = read_text(CNNCTL_SOURCE_DIR "/docs/networks.md");
  for (const Expected& expected : networks) {
    CAPTURE(expected.name);
    const std::string row = fmt::format("| [{0}](../configs/{0}.yaml) | {1} | {2} | ", expected.name, expected.parameters, expected.gmacs);
    CHECK(guide.find(row) != std::string::npos);
  }
}

TEST_CASE("every shipped config is in the table of networks, but for the three that start a newcomer") {
  std::set<std::string> names = {"digits", "fashion_convnet", "mnist_convnet"};
  for (const Expected& expected : networks) names.insert(expected.name);
  const std::vector<std::string> shipped = shipped_config_names();
  CHECK(std::set<std::string>(shipped.begin(), shipped.end()) == names);
}

TEST_CASE("no two parameters and no two layers of a shipped network share a name") {
  for (const Expected& expected : networks) {
    CAPTURE(expected.name);
    const Graph graph = load(expected.name).graph;
    std::set<std::string> parameters;
    for (const Parameter& parameter : graph.parameters) CHECK_MESSAGE(parameters.insert(parameter.name).second, parameter.name);
    std::set<std::string> layers;
    for (const Layer& layer : graph.layers) CHECK_MESSAGE(layers.insert(layer.name).second, layer.name);
  }
}

TEST_CASE("a shipped network gives as many numbers as vars.classes says") {
  for (const Expected& expected : networks) {
    CAPTURE(expected.name);
    CHECK(load(expected.name, {"vars.classes=7"}).graph.output_shape() == Shape{7, 1, 1, true});
  }
}

TEST_CASE("a shipped network of photos cuts them to its input, and normalizes them") {
  for (const Expected& expected : networks) {
    CAPTURE(expected.name);
    const Experiment experiment = load(expected.name);
    const Shape& input = experiment.graph.input_shape();
    if (input.height < 200) continue;
    CHECK(experiment.data.normalize);
    for (const auto& [transforms, cut] :
         {std::pair(&experiment.data.test_transforms, 1), std::pair(&experiment.data.train_transforms, 0)}) {
      REQUIRE(transforms->size() == 2);
      const Selection& transform = (*transforms)[static_cast<std::size_t>(cut)];
      CHECK(transform.type == (cut == 1 ? "center_crop" : "random_resized_crop"));
      CHECK(transform.arguments.find("size")->text == std::to_string(input.height));
    }
  }
}

TEST_CASE("vars.dropout and vars.drop_path turn all dropout of a shipped network off") {
  for (const Expected& expected : networks) {
    CAPTURE(expected.name);
    std::vector<std::string> sets;
    for (const char* var : {"dropout", "drop_path"})
      if (has_var(load(expected.name), var)) sets.push_back(fmt::format("vars.{}=0", var));
    const Graph graph = load(expected.name, sets).graph;
    for (const Node& node : graph.nodes)
      if (const auto* dropout = std::get_if<Dropout>(&node.op)) CHECK(dropout->probability == 0);
  }
}

TEST_CASE("the deeper networks of a paper are one --set away") {
  CHECK(with_commas(parameter_count(load("resnet20_cifar10", {"vars.depth=110"}).graph)) == "1,730,714");
  CHECK(with_commas(parameter_count(load("wide_resnet28_10", {"vars.depth=40", "vars.widen=4"}).graph)) == "8,949,210");
  CHECK(with_commas(parameter_count(load("densenet_bc_cifar10", {"vars.depth=190", "vars.growth=40"}).graph)) == "25,624,430");
}

}  // namespace cnnctl
