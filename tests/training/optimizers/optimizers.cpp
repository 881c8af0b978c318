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
  REQUIRE(file.metadata.size() == 14);
  for (const auto& [key, item] : file.metadata) {
    const std::string& name = key;  // clang 14 captures no structured binding
    CAPTURE(name);
    auto optimizer = optimizer_of(item, count);
    std::vector<float> values = file.tensors.at("values").values;
    std::vector<float> after;  // steps 1, 2 and the last
    for (std::size_t i = 0; i < steps; ++i) {
      step(*optimizer, values, std::span(gradients.values).subspan(i * count, count), optimizer->rates().lr);
      if (i < 2 || i == steps - 1) after.insert(after.end(), values.begin(), values.end());
    }
    check_near(after, file.tensors.at(name + "/values").values, 1e-6, 0.1);
    CHECK(optimizer->counters().steps == static_cast<std::int64_t>(steps));
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
  CHECK(names("nadam") == std::vector<std::string>{"exp_avg", "exp_avg_sq"});
  CHECK(names("rmsprop") == std::vector<std::string>{"square_avg"});
  CHECK(names("rmsprop: {centered: true, momentum: 0.9}") == std::vector<std::string>{"square_avg", "grad_avg", "momentum_buffer"});
  CHECK(names("adagrad") == std::vector<std::string>{"sum"});
}

TEST_CASE("an optimizer that is given another's state and steps goes on as that one would") {
  for (const std::string item : {"sgd: {lr: 0.1, momentum: 0.9, dampening: 0.5}", "adam", "adamw", "nadam", "rmsprop: {momentum: 0.5}",
                                 "adagrad: {lr_decay: 0.1}"}) {
    CAPTURE(item);
    std::vector<float> values = {1, -2, 3};
    const std::vector<float> gradients = {0.5F, -0.25F, 2};
    auto first = optimizer_of(item, 3);
    for (int i = 0; i < 3; ++i) step(*first, values, gradients, 0.01);
    auto second = optimizer_of(item, 3);
    const auto from = first->state();
    const auto to = second->state();
    for (std::size_t i = 0; i < from.size(); ++i) std::copy(from[i].values.begin(), from[i].values.end(), to[i].values.begin());
    second->set_counters(first->counters());
    std::vector<float> copy = values;
    step(*first, values, gradients, 0.01);
    step(*second, copy, gradients, 0.01);
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
  for (const std::string item : {"sgd: {lr: 0.1}", "sgd: {lr: 0.1, momentum: 0.9}", "adam", "nadam", "rmsprop", "adagrad"}) {
    CAPTURE(item);
    std::vector<float> together = values;
    step(*optimizer_of(item, count), together, gradients, 0.1);
    bool equal = true;
    for (std::size_t i = 0; i < count; i += 35) {  // every kind of element, and both ends of the chunks
      std::vector<float> alone = {values[i]};
      step(*optimizer_of(item, 1), alone, std::span(gradients).subspan(i, 1), 0.1);
      equal = equal && std::abs(alone[0] - together[i]) <= 1e-6F;
    }
    CHECK(equal);
  }
}

TEST_CASE("each group is updated with its own rates, and what is in none keeps its values") {
  const std::vector<float> start = {1, 2, 3, 4, 5, 6};
  const std::vector<float> gradients = {0.5F, -1, 2, 0.25F, -2, 1};
  for (const std::string item : {"sgd: {lr: 0.1, momentum: 0.9}", "adam", "adamw", "nadam", "rmsprop: {momentum: 0.9}", "adagrad"}) {
    CAPTURE(item);
    auto optimizer = optimizer_of(item, 6);
    Rates other = optimizer->rates();
    other.lr *= 3;
    other.weight_decay = 0.5;
    std::vector<float> values = start;
    const std::vector<ParameterGroup> groups = {{0, 2, optimizer->rates()}, {4, 6, other}};
    for (int i = 0; i < 2; ++i) optimizer->step(values, gradients, groups);
    const auto alone = [&](std::size_t begin, const Rates& rates) {
      auto own = optimizer_of(item, 2);
      std::vector<float> result(start.begin() + static_cast<std::ptrdiff_t>(begin), start.begin() + static_cast<std::ptrdiff_t>(begin) + 2);
      const ParameterGroup group{0, 2, rates};
      for (int i = 0; i < 2; ++i) own->step(result, std::span(gradients).subspan(begin, 2), std::span(&group, 1));
      return result;
    };
    check_near(std::span(values).subspan(0, 2), alone(0, optimizer->rates()), 1e-6);
    CHECK(values[2] == 3);
    CHECK(values[3] == 4);
    check_near(std::span(values).subspan(4, 2), alone(4, other), 1e-6);
  }
}

TEST_CASE("a group outside the optimizer's elements is refused") {
  auto optimizer = optimizer_of("adam", 3);
  std::vector<float> values(3);
  const ParameterGroup group{0, 4, optimizer->rates()};
  CHECK_THROWS_AS(optimizer->step(values, values, std::span(&group, 1)), std::invalid_argument);
}

TEST_CASE("rmsprop keeps its numbers where the gradient never changes and has no variance left") {
  auto optimizer = optimizer_of("rmsprop: {alpha: 0.5, centered: true}", 3);
  std::vector<float> values = {1, 2, 3};
  const std::vector<float> gradients = {0.1F, 0.7F, 1e3F};
  for (int i = 0; i < 200; ++i) step(*optimizer, values, gradients, 1e-9);
  for (const float value : values) CHECK(std::isfinite(value));
}

TEST_CASE("elements of zero value and zero gradient stay zero") {
  for (const std::string item :
       {"sgd: {lr: 0.1, momentum: 0.9, weight_decay: 0.1}", "adam: {weight_decay: 0.1}", "adamw", "nadam", "rmsprop: {centered: true}",
        "rmsprop: {momentum: 0.9}", "adagrad: {initial_accumulator_value: 0.1}", "adagrad"}) {
    CAPTURE(item);
    std::vector<float> values(40, 0.0F);
    const std::vector<float> gradients(40, 0.0F);
    auto optimizer = optimizer_of(item, values.size());
    for (int i = 0; i < 3; ++i) step(*optimizer, values, gradients, 0.1);
    CHECK(values == gradients);
  }
}

TEST_CASE("an optimizer refuses buffers of another size") {
  std::vector<float> values(4);
  for (const std::string item : {"sgd: {lr: 0.1}", "adam", "nadam", "rmsprop", "adagrad"})
    CHECK_THROWS_AS(step(*optimizer_of(item, 3), values, values, 0.1), std::invalid_argument);
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
  CHECK(contains(mistakes("nadam: {betas: [0.9]}", table), "nadam: betas takes two numbers, not 1"));
  CHECK(contains(mistakes("rmsprop: {alpha: 1}", table), "alpha"));
  CHECK(contains(mistakes("adagrad: {eps: 0}", table), "eps"));
  CHECK(contains(mistakes("adm", table), "adam"));
  CHECK(mistakes("sgd: {lr: 1, nesterov: true, momentum: 0.9}", table).empty());
}

TEST_CASE("optimizers' defaults are PyTorch's") {
  CHECK(optimizer_of("adam", 1)->rates() == Rates{1e-3, 0, 0.9});
  CHECK(optimizer_of("nadam", 1)->rates() == Rates{2e-3, 0, 0.9});
  CHECK(optimizer_of("rmsprop", 1)->rates() == Rates{1e-2, 0, 0});
  CHECK(optimizer_of("adagrad", 1)->rates() == Rates{1e-2, 0, 0});
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
