#include "engine/training/lr_find.h"

#include "engine/training/parameter_groups.h"
#include "engine/training/weights.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

/// A range test on little data.
struct RangeTest {
  LrCurve run(const TrainerOptions& options = {.batch_size = 4}) {
    initialize(model, 1);
    auto optimizer = optimizer_of("sgd: {lr: 0.1}", model.trainable_values().size());
    const auto groups = make_groups(model, optimizer->rates(), {});
    return find_learning_rate(model, train, cross_entropy_loss(3), *optimizer, groups, options, interrupted);
  }

  TestSource train{20, 4, 3};
  Model model = linear_model(4, 3);
  std::atomic<bool> interrupted = false;
};

TEST_CASE("the learning rate rises by the same factor, and the suggestion lies where the loss falls") {
  RangeTest test;
  const LrCurve curve = test.run();
  REQUIRE(curve.points.size() > 60);
  CHECK(curve.points.size() <= 100);
  CHECK(curve.points.front().lr == doctest::Approx(1e-6));
  const double factor = curve.points[1].lr / curve.points[0].lr;
  for (std::size_t i = 1; i < curve.points.size(); ++i) CHECK(curve.points[i].lr == doctest::Approx(curve.points[i - 1].lr * factor));
  REQUIRE(curve.suggestion);
  CHECK(*curve.suggestion > 1e-3);
  CHECK(*curve.suggestion < 10);
}

TEST_CASE("accumulated batches make one point") {
  RangeTest test;
  const LrCurve curve = test.run({.batch_size = 2, .accumulate = 5});
  REQUIRE(curve.points.size() > 50);
  CHECK(test.train.batches.size() >= 5 * curve.points.size());
  CHECK(test.train.batches.size() < 5 * curve.points.size() + 5);
}

TEST_CASE("the suggestion is the steepest place before the lowest loss, and noise does not decide it") {
  LrCurve curve;
  for (int i = 0; i < 80; ++i) {
    const double fall = 1 / (1 + std::exp((40 - i) / 4.0));  // the steepest at 40
    const double rise = i > 65 ? (i - 65) * 0.5 : 0;
    curve.points.push_back({std::pow(10, i / 20.0 - 4), 3 - 2 * fall + rise + (i % 2 ? 0.02 : -0.02), 0});
  }
  evaluate_curve(curve);
  REQUIRE(curve.suggestion);
  CHECK(*curve.suggestion > std::pow(10, 36 / 20.0 - 4));
  CHECK(*curve.suggestion < std::pow(10, 44 / 20.0 - 4));
}

TEST_CASE("where the loss never falls, and where the test was interrupted, nothing is suggested") {
  LrCurve curve;
  for (int i = 0; i < 20; ++i) curve.points.push_back({1e-3 * (i + 1), 1.0 + i, 0});
  evaluate_curve(curve);
  CHECK_FALSE(curve.suggestion);
  LrCurve none;
  evaluate_curve(none);
  CHECK_FALSE(none.suggestion);
  RangeTest test;
  test.interrupted = true;
  const LrCurve stopped = test.run();
  REQUIRE(stopped.points.size() == 1);
  CHECK(stopped.points[0].smoothed_loss == stopped.points[0].loss);
  CHECK_FALSE(stopped.suggestion);
}

}  // namespace
}  // namespace cnnctl
