#include "engine/training/weights.h"

#include <limits>

#include "tests/support/input_error.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

TEST_CASE("shapes agree where only dimensions of 1 differ") {
  CHECK(same_dims({10, 512, 1, 1}, {10, 512}));
  CHECK(same_dims({}, {1}));
  CHECK_FALSE(same_dims({2, 3}, {3, 2}));
  CHECK(dims_text({16, 1, 5, 5}) == "16x1x5x5");
  CHECK(dims_text({}) == "scalar");
}

TEST_CASE("the seed alone decides the initial weights") {
  Model model = linear_model(300, 10);
  initialize(model, 1);
  const auto first = all_parameters(model);
  initialize(model, 2);
  CHECK(all_parameters(model) != first);
  initialize(model, 1);
  CHECK(all_parameters(model) == first);
  CHECK(model.parameter(0)[0] != model.parameter(1)[0]);
}

TEST_CASE("initial weights fill their interval evenly") {
  Model model = linear_model(400, 50);
  initialize(model, 7);
  const auto weights = model.parameter(0);
  const double bound = 1.0 / 20;
  CHECK(*std::min_element(weights.begin(), weights.end()) >= -bound);
  CHECK(*std::max_element(weights.begin(), weights.end()) <= bound);
  double sum = 0;
  double squares = 0;
  for (const float weight : weights) {
    sum += weight;
    squares += double{weight} * weight;
  }
  const auto count = static_cast<double>(weights.size());  // 20,000: the mean's deviation is bound / sqrt(3 count)
  CHECK(std::abs(sum / count) < 4 * bound / std::sqrt(3 * count));
  CHECK(squares / count == doctest::Approx(bound * bound / 3).epsilon(0.03));
}

TEST_CASE("a constant initializer fills with its value") {
  Graph graph = linear_network(3, 2);
  graph.parameters[1].initializer = {Initializer::Kind::constant, 0.5};
  Model model(graph, {});
  initialize(model, 1);
  CHECK(model.parameter(1) == std::vector<float>{0.5F, 0.5F});
}

TEST_CASE("saved weights load into another model of the same network") {
  Model model = linear_model(5, 3);
  initialize(model, 1);
  const SafeTensors file = save_weights(model);
  CHECK(file.tensors.at("fc.weight").dims == std::vector<std::int64_t>{3, 5});
  Model other = linear_model(5, 3);
  CHECK(warnings(load_weights(other, file, "x", {}), "x").empty());
  CHECK(all_parameters(other) == all_parameters(model));
}

TEST_CASE("tensors whose shapes differ only by dimensions of 1 load") {
  Model model = linear_model(2, 3);
  SafeTensors file;
  file.tensors["fc.weight"] = {{3, 2, 1, 1}, {1, 2, 3, 4, 5, 6}};
  file.tensors["fc.bias"] = {{1, 3}, {7, 8, 9}};
  load_weights(model, file, "x", {});
  CHECK(all_parameters(model) == std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("missing and misshapen tensors are all named, and nothing is loaded") {
  Model model = linear_model(2, 3);
  initialize(model, 1);
  const auto before = all_parameters(model);
  SafeTensors file;
  file.tensors["fc.weight"] = {{4, 2}, std::vector<float>(8)};
  const std::string message = input_error([&] { load_weights(model, file, "a.safetensors", {}); });
  CHECK(message ==
        "a.safetensors: the weights do not fit the network:\n"
        "  fc.weight: 4x2 in the file, the network needs 3x2\n"
        "  fc.bias: missing in the file, the network needs 3\n"
        "leave tensors out with --init-except, for example --init-except 'fc.*'");
  CHECK(all_parameters(model) == before);
}

TEST_CASE("weights that are no finite numbers are named, and nothing is loaded") {
  Model model = linear_model(2, 3);
  initialize(model, 1);
  const auto before = all_parameters(model);
  SafeTensors file = save_weights(model);
  file.tensors["fc.weight"].values[4] = std::numeric_limits<float>::quiet_NaN();
  file.tensors["fc.bias"].values[0] = std::numeric_limits<float>::infinity();
  const std::string message = input_error([&] { load_weights(model, file, "a.safetensors", {}); });
  CHECK(message ==
        "a.safetensors: the weights hold what is no finite number, as diverged training leaves it:\n"
        "  fc.weight: element 4 is nan\n"
        "  fc.bias: element 0 is inf");
  CHECK(all_parameters(model) == before);
  CHECK_NOTHROW(load_weights(model, file, "a.safetensors", {"fc.*"}));
}

TEST_CASE("parameters left out keep their values, whatever the file holds") {
  Model model = linear_model(2, 3);
  initialize(model, 1);
  const auto bias = model.parameter(1);
  SafeTensors file;
  file.tensors["fc.weight"] = {{3, 2}, std::vector<float>(6, 1.0F)};
  file.tensors["fc.bias"] = {{5}, std::vector<float>(5)};
  CHECK(warnings(load_weights(model, file, "x", {"*.bias"}), "x").empty());
  CHECK(model.parameter(0) == std::vector<float>(6, 1.0F));
  CHECK(model.parameter(1) == bias);
}

TEST_CASE("tensors that nothing needs and globs that match nothing are warnings") {
  Model model = linear_model(2, 3);
  SafeTensors file = save_weights(model);
  file.tensors["extra.weight"] = {{2, 2}, std::vector<float>(4)};
  file.tensors["bn.num_batches_tracked"] = {{}, {5}};
  file.tensors["optimizer.exp_avg.fc.bias"] = {{3}, {1, 2, 3}};
  CHECK(warnings(load_weights(model, file, "x", {"head.*"}), "x") ==
        std::vector<std::string>{"x: the network has no parameter extra.weight (2x2); it is left out",
                                 "'head.*' matches no parameter of the network"});
}

TEST_CASE("what was loaded, left out and extra is told in a line each") {
  Model model = linear_model(2, 3);
  SafeTensors file = save_weights(model);
  CHECK(summary(load_weights(model, file, "x", {}), "x") ==
        std::vector<std::string>{"init: x: loaded 2: fc.weight, fc.bias", "init: x: left out none", "init: x: extra none"});
  for (int i = 0; i < 9; ++i) file.tensors["aux." + std::to_string(i)] = {{2}, {1, 2}};
  file.tensors["head.bias"] = {{1}, {1}};
  file.tensors["bn.num_batches_tracked"] = {{}, {5}};
  CHECK(summary(load_weights(model, file, "x", {"*.bias"}), "x") ==
        std::vector<std::string>{"init: x: loaded 1: fc.weight", "init: x: left out 2: fc.bias, head.bias",
                                 "init: x: extra 9: aux.0 (2), aux.1 (2), aux.2 (2), aux.3 (2), aux.4 (2), aux.5 (2) and 3 more"});
}

}  // namespace
}  // namespace cnnctl
