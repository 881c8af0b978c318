#include <limits>
#include <stdexcept>

#include "tests/support/input_error.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

/// `values` in units of the largest gradient that each element saw, beside which a sum of gradients that nearly cancel is rounded.
std::vector<float> in_gradients(std::span<const float> values, const std::vector<float>& gradients) {
  std::vector<float> result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    float largest = 0;
    for (std::size_t j = i; j < gradients.size(); j += values.size()) largest = std::max(largest, std::abs(gradients[j]));
    result.push_back(values[i] / largest);
  }
  return result;
}

TEST_CASE("optimizers update as PyTorch's own") {
  const SafeTensors file = reference("optimizers.safetensors");
  const Tensor& gradients = file.tensors.at("gradients");
  const auto steps = static_cast<std::size_t>(gradients.dims[0]);
  const auto count = static_cast<std::size_t>(gradients.dims[1]);
  REQUIRE(file.metadata.size() == 7);
  for (const auto& [name, item] : file.metadata) {
    CAPTURE(name);
    auto optimizer = optimizer_of(item, count);
    std::vector<float> values = file.tensors.at("values").values;
    std::vector<float> after;  // steps 1, 2 and the last
    for (std::size_t step = 0; step < steps; ++step) {
      optimizer->step(values, std::span(gradients.values).subspan(step * count, count), optimizer->learning_rate());
      if (step < 2 || step == steps - 1) after.insert(after.end(), values.begin(), values.end());
    }
    check_near(after, file.tensors.at(name + "/values").values, 1e-6, 0.1);
    CHECK(optimizer->steps_done() == static_cast<std::int64_t>(steps));
    for (const auto& state : optimizer->state()) {
      CAPTURE(state.name);
      const auto& expected = file.tensors.at(name + "/state/" + state.name).values;
      check_near(in_gradients(state.values, gradients.values), in_gradients(expected, gradients.values), 1e-6, 0.5);
    }
  }
}

TEST_CASE("optimizers keep the states that PyTorch keeps") {
  const auto names = [](const std::string& item) {
    std::vector<std::string> result;
    for (const auto& state : optimizer_of(item, 3)->state()) {
      CHECK(state.values.size() == 3);
      result.push_back(state.name);
    }
    return result;
  };
  CHECK(names("sgd: {lr: 1}").empty());
  CHECK(names("sgd: {lr: 1, momentum: 0.9}") == std::vector<std::string>{"momentum_buffer"});
  CHECK(names("adam") == std::vector<std::string>{"exp_avg", "exp_avg_sq"});
  CHECK(names("adamw") == std::vector<std::string>{"exp_avg", "exp_avg_sq"});
}

TEST_CASE("an optimizer that is given another's state and steps goes on as that one would") {
  for (const std::string item : {"sgd: {lr: 0.1, momentum: 0.9, dampening: 0.5}", "adam", "adamw"}) {
    CAPTURE(item);
    std::vector<float> values = {1, -2, 3};
    const std::vector<float> gradients = {0.5F, -0.25F, 2};
    auto first = optimizer_of(item, 3);
    for (int i = 0; i < 3; ++i) first->step(values, gradients, 0.01);
    auto second = optimizer_of(item, 3);
    const auto from = first->state();
    const auto to = second->state();
    for (std::size_t i = 0; i < from.size(); ++i) std::copy(from[i].values.begin(), from[i].values.end(), to[i].values.begin());
    second->set_steps_done(first->steps_done());
    std::vector<float> copy = values;
    first->step(values, gradients, 0.01);
    second->step(copy, gradients, 0.01);
    CHECK(copy == values);
  }
}

TEST_CASE("an update of many elements by several threads equals one element by element") {
  constexpr std::size_t count = 100'003;
  std::vector<float> values(count);
  std::vector<float> gradients(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(i % 7) - 3;
    gradients[i] = static_cast<float>(i % 5) - 2;
  }
  for (const std::string item : {"sgd: {lr: 0.1}", "sgd: {lr: 0.1, momentum: 0.9}", "adam"}) {
    CAPTURE(item);
    std::vector<float> together = values;
    optimizer_of(item, count)->step(together, gradients, 0.1);
    bool equal = true;
    for (std::size_t i = 0; i < count; i += 35) {  // every kind of element, and both ends of the chunks
      std::vector<float> alone = {values[i]};
      optimizer_of(item, 1)->step(alone, std::span(gradients).subspan(i, 1), 0.1);
      equal = equal && std::abs(alone[0] - together[i]) <= 1e-6F;
    }
    CHECK(equal);
  }
}

TEST_CASE("elements of zero value and zero gradient stay zero") {
  for (const std::string item : {"sgd: {lr: 0.1, momentum: 0.9, weight_decay: 0.1}", "adam: {weight_decay: 0.1}", "adamw"}) {
    CAPTURE(item);
    std::vector<float> values(40, 0.0F);
    const std::vector<float> gradients(40, 0.0F);
    auto optimizer = optimizer_of(item, values.size());
    for (int i = 0; i < 3; ++i) optimizer->step(values, gradients, 0.1);
    CHECK(values == gradients);
  }
}

TEST_CASE("an optimizer refuses buffers of another size") {
  std::vector<float> values(4);
  for (const std::string item : {"sgd: {lr: 0.1}", "adam"})
    CHECK_THROWS_AS(optimizer_of(item, 3)->step(values, values, 0.1), std::invalid_argument);
}

TEST_CASE("wrong arguments of optimizers are reported") {
  const auto& table = optimizer_choices();
  CHECK(contains(mistakes("sgd", table), "lr"));
  CHECK(contains(mistakes("adam: {lr: -1}", table), "lr"));
  CHECK(contains(mistakes("adam: {betas: [0.9, 1.0]}", table), "betas"));
  CHECK(contains(mistakes("adam: {betas: [0.9]}", table), "adam: betas takes two numbers, not 1 | write betas: [0.9, 0.999]"));
  CHECK(contains(mistakes("adamw: {betas: [0.9, 0.9, 0.9]}", table), "adamw: betas takes two numbers, not 3"));
  CHECK(contains(mistakes("sgd: {lr: 1, nesterov: true}", table), "nesterov needs a momentum"));
  CHECK(contains(mistakes("sgd: {lr: 1, nesterov: true, momentum: 0.9, dampening: 0.1}", table), "nesterov allows no dampening"));
  CHECK(contains(mistakes("adm", table), "adam"));
  CHECK(mistakes("sgd: {lr: 1, nesterov: true, momentum: 0.9}", table).empty());
}

TEST_CASE("optimizers' defaults are PyTorch's") {
  CHECK(optimizer_of("adam", 1)->learning_rate() == 1e-3);
  const auto default_of = [](const std::string& optimizer, const std::string& argument) {
    for (const Choice& choice : optimizer_choices())
      if (choice.declaration->name == optimizer)
        for (const Argument& each : choice.declaration->arguments)
          if (each.name == argument) return each.default_text;
    return std::string("none such");
  };
  CHECK(default_of("adam", "weight_decay") == "0");
  CHECK(default_of("adamw", "weight_decay") == "0.01");
  CHECK(default_of("adam", "betas") == "[0.9, 0.999]");
  CHECK(default_of("sgd", "lr").empty());
}

}  // namespace
}  // namespace cnnctl
