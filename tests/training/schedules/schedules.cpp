#include <limits>
#include <stdexcept>

#include "tests/support/input_error.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

/// The learning rates of the first epochs of a run of 20, two updates each, for a configured one of 1.
std::vector<double> rates_of(const std::string& schedule, std::int64_t epochs) {
  auto optimizer = optimizer_of("sgd: {lr: 1}", 1);
  const auto made = schedule_of(schedule, {40, 2}, *optimizer);
  std::vector<double> rates;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch)
    for (const std::int64_t update : {0, 1}) rates.push_back(made->at({epoch, update}, optimizer->rates()).lr);
  return rates;
}

void check_rates(const std::vector<double>& actual, const std::vector<double>& expected) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) CHECK(actual[i] == doctest::Approx(expected[i]));
}

TEST_CASE("schedules set the rates that PyTorch's own set, update by update") {
  const SafeTensors file = reference("schedules.safetensors");
  const Tensor& gradients = file.tensors.at("gradients");
  const auto steps = static_cast<std::size_t>(gradients.dims[0]);
  const auto count = static_cast<std::size_t>(gradients.dims[1]);
  CHECK(file.metadata.size() == 18);
  for (const auto& [key, items] : file.metadata) {
    const std::string& name = key;  // clang 14 captures no structured binding
    CAPTURE(name);
    const std::size_t split = items.find('\n');
    auto optimizer = optimizer_of(items.substr(0, split), count);
    const auto length = static_cast<std::int64_t>(steps);
    const auto schedule = schedule_of(items.substr(split + 1), {length, 1}, *optimizer);
    std::vector<float> values = file.tensors.at("values").values;
    std::vector<float> rates;
    for (std::size_t i = 0; i < steps; ++i) {
      const auto epoch = static_cast<std::int64_t>(i);
      const ParameterGroup all{0, count, schedule->at({epoch, 0}, optimizer->rates())};
      optimizer->step(values, std::span(gradients.values).subspan(i * count, count), std::span(&all, 1));
      rates.push_back(static_cast<float>(all.rates.lr));
      rates.push_back(static_cast<float>(all.rates.momentum));
      const double loss = file.tensors.at("losses").values[i];
      schedule->epoch_done({epoch, loss, loss});
    }
    check_near(rates, file.tensors.at(name + "/rates").values, 1e-5, 1e-5);
    check_near(values, file.tensors.at(name + "/values").values, 1e-5, 0.1);
  }
}

TEST_CASE("without arguments cosine, polynomial and one_cycle take all of the run") {
  check_rates(rates_of("cosine", 20), rates_of("cosine: {T_max: 20}", 20));
  check_rates(rates_of("polynomial", 20), rates_of("polynomial: {total_iters: 20}", 20));
  check_rates(rates_of("one_cycle", 20), rates_of("one_cycle: {max_lr: 1, total_steps: 40}", 20));
  CHECK(rates_of("one_cycle", 20).back() == doctest::Approx(1 / 25.0 / 1e4));
}

TEST_CASE("beyond their end polynomial stays at 0 and one_cycle at its last learning rate") {
  CHECK(rates_of("polynomial: {total_iters: 3}", 5).back() == 0);
  CHECK(rates_of("one_cycle: {total_steps: 4}", 5).back() == doctest::Approx(1 / 25.0 / 1e4));
}

TEST_CASE("warmup rises update by update, and the schedule counts from its end on") {
  const std::string step = "step: {step_size: 1, gamma: 0.5, warmup_start: 0";
  check_rates(rates_of(step + ", warmup: 2 epochs}", 4), {0, 0.25, 0.5, 0.75, 1, 1, 0.5, 0.5});
  check_rates(rates_of(step + ", warmup: 1 step}", 2), {0, 1, 1, 0.5});
  check_rates(rates_of(step + ", warmup: 0 steps}", 2), {1, 1, 0.5, 0.5});
  CHECK(rates_of("polynomial: {warmup: 5 epochs}", 20).back() == doctest::Approx(1 / 15.0));
}

TEST_CASE("a warmup longer than the run only warms up") {
  check_rates(rates_of("cosine: {warmup: 30 epochs, warmup_start: 0}", 20), rates_of("constant: {warmup: 30 epochs, warmup_start: 0}", 20));
}

TEST_CASE("a group with a learning rate of its own keeps its proportion to the others") {
  auto optimizer = optimizer_of("sgd: {lr: 0.2}", 1);
  for (const std::string item :
       {"step: {step_size: 1}", "cosine", "polynomial", "one_cycle: {max_lr: 3}", "constant: {warmup: 10 epochs}"}) {
    CAPTURE(item);
    const auto schedule = schedule_of(item, {20, 1}, *optimizer);
    Rates half = optimizer->rates();
    half.lr /= 2;
    CHECK(schedule->at({3, 0}, half).lr == doctest::Approx(schedule->at({3, 0}, optimizer->rates()).lr / 2));
  }
}

TEST_CASE("a plateau that is given another's state goes on as that one would") {
  auto optimizer = optimizer_of("sgd: {lr: 1}", 1);
  const std::string item = "plateau: {patience: 2, factor: 0.5, cooldown: 1}";
  for (std::int64_t stop = 0; stop < 12; ++stop) {
    const auto first = schedule_of(item, {12, 1}, *optimizer);
    auto second = schedule_of(item, {12, 1}, *optimizer);
    for (std::int64_t epoch = 0; epoch < 12; ++epoch) {
      if (epoch == stop) second->set_state(first->state());
      first->epoch_done({epoch, 1, 0});
      if (epoch >= stop) second->epoch_done({epoch, 1, 0});
    }
    CHECK(first->state() == second->state());
    CHECK(first->at({}, optimizer->rates()).lr < 1);
    CHECK(second->at({}, optimizer->rates()) == first->at({}, optimizer->rates()));
  }
}

TEST_CASE("a result that is no number is none that plateau could take for the best") {
  auto optimizer = optimizer_of("sgd: {lr: 1}", 1);
  const auto schedule = schedule_of("plateau: {patience: 1}", {10, 1}, *optimizer);
  schedule->epoch_done({0, std::numeric_limits<double>::quiet_NaN(), 0});
  schedule->epoch_done({1, 5, 0});
  CHECK(schedule->state() == std::vector<double>{5, 1, 0, 0, 0});
}

TEST_CASE("epochs of warmup are none that plateau waits for") {
  auto optimizer = optimizer_of("sgd: {lr: 1}", 1);
  const auto schedule = schedule_of("plateau: {patience: 0, warmup: 3 epochs}", {10, 1}, *optimizer);
  for (std::int64_t epoch = 0; epoch < 4; ++epoch) schedule->epoch_done({epoch, 1, 0});
  CHECK(schedule->at({4, 0}, optimizer->rates()).lr == 1);
  schedule->epoch_done({4, 1, 0});
  CHECK(schedule->at({5, 0}, optimizer->rates()).lr == doctest::Approx(0.1));
}

TEST_CASE("a schedule refuses the state of another one") {
  auto optimizer = optimizer_of("sgd: {lr: 1}", 1);
  const std::vector<double> one = {1}, negative = {0, 1, -1, 0, 0}, plateau = {0, 1, 1, 0, 0};
  CHECK_THROWS_AS(schedule_of("plateau", {1, 1}, *optimizer)->set_state(one), std::invalid_argument);
  CHECK_THROWS_AS(schedule_of("plateau", {1, 1}, *optimizer)->set_state(negative), std::invalid_argument);
  CHECK_THROWS_AS(schedule_of("cosine: {warmup: 1 epoch}", {1, 1}, *optimizer)->set_state(plateau), std::invalid_argument);
}

TEST_CASE("one_cycle needs an optimizer with a momentum unless it leaves that alone") {
  auto optimizer = optimizer_of("adagrad", 1);
  CHECK_NOTHROW(schedule_of("one_cycle: {cycle_momentum: false}", {1, 1}, *optimizer));
  CHECK_THROWS_WITH_AS(schedule_of("one_cycle: {warmup: 1 epoch}", {1, 1}, *optimizer), doctest::Contains("cycle_momentum: false"),
                       ConfigError);
}

TEST_CASE("wrong arguments of schedules are reported") {
  const auto& table = schedule_choices();
  CHECK(contains(mistakes("step", table), "step_size"));
  CHECK(contains(mistakes("step: {step_size: 0}", table), "step_size"));
  CHECK(contains(mistakes("step: {step_size: 2, gamma: 0}", table), "gamma"));
  CHECK(contains(mistakes("constant: {gamma: 2}", table), "gamma"));
  CHECK(contains(mistakes("multistep: {milestones: [1, -2]}", table), "milestones[1]"));
  CHECK(contains(mistakes("exponential", table), "gamma"));
  CHECK(contains(mistakes("cosine: {T_max: 0}", table), "T_max"));
  CHECK(contains(mistakes("polynomial: {power: 0}", table), "power"));
  CHECK(contains(mistakes("one_cycle: {anneal_strategy: sine}", table), "one of cos, linear"));
  CHECK(contains(mistakes("plateau: {factor: 1}", table), "factor"));
  for (const auto& choice : table) {
    CAPTURE(choice.declaration->name);
    CHECK(contains(mistakes(choice.declaration->name + ": {warmup: 5}", table),
                   "warmup of " + choice.declaration->name + " must be a number of epochs or steps"));
  }
}

}  // namespace
}  // namespace cnnctl
