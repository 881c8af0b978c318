#include "engine/training/trainer.h"

#include <limits>
#include <stdexcept>

#include "engine/training/weights.h"
#include "tests/support/input_error.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

/// A run on little data with all that a trainer needs.
struct Run {
  explicit Run(TrainerOptions options, const std::string& schedule = "constant", std::int64_t images = 10)
      : train(images, 4, 3), test(6, 4, 3), model(linear_model(4, 3, options.batch_size)) {
    initialize(model, 1);
    optimizer = optimizer_of("adam: {lr: 0.05}", model.trainable_values().size());
    trainer.emplace(model, train, &test, cross_entropy_loss(), *optimizer, schedule_of(schedule), options);
  }

  bool run(const TrainerEvents& events = {}) { return trainer->run(events, stop); }

  TestSource train;
  TestSource test;
  Model model;
  std::unique_ptr<Optimizer> optimizer;
  std::optional<Trainer> trainer;
  std::atomic<bool> stop = false;
};

/// A run's numbers, step by step and epoch by epoch.
struct Record {
  std::vector<double> losses;
  std::vector<EpochMetrics> epochs;
  std::vector<bool> best;

  TrainerEvents events() {
    return {.step = [this](std::int64_t, std::int64_t, std::int64_t, double loss) { losses.push_back(loss); },
            .epoch =
                [this](const EpochMetrics& metrics, bool is_best, const Progress&) {
                  epochs.push_back(metrics);
                  best.push_back(is_best);
                }};
  }
};

TEST_CASE("training lowers the loss and reports every epoch") {
  Run run({.epochs = 20, .batch_size = 4});
  Record record;
  CHECK(run.run(record.events()));
  REQUIRE(record.epochs.size() == 20);
  CHECK(record.losses.size() == 60);
  CHECK(record.epochs.back().train_loss < record.epochs.front().train_loss / 2);
  CHECK(record.epochs.back().epoch == 20);
  CHECK(record.epochs.back().step == 60);
  CHECK(record.epochs.back().test.images == 6);
  CHECK(record.epochs.back().test.accuracy() > 0.9);
  CHECK(record.epochs.back().images_per_second > 0);
  CHECK(record.epochs[1].seconds > record.epochs[0].seconds);
}

TEST_CASE("a smaller last batch is trained too, and weighs as its images do") {
  Run run({.epochs = 1, .batch_size = 4});
  Record record;
  run.run(record.events());
  CHECK(run.trainer->steps_per_epoch() == 3);
  CHECK(run.train.batches == std::vector<std::int64_t>{4, 4, 2});
  REQUIRE(record.losses.size() == 3);
  CHECK(record.epochs[0].train_loss == doctest::Approx((4 * record.losses[0] + 4 * record.losses[1] + 2 * record.losses[2]) / 10));
}

TEST_CASE("drop_last leaves a smaller last batch out") {
  Run run({.epochs = 2, .batch_size = 4, .drop_last = true});
  Record record;
  run.run(record.events());
  CHECK(run.trainer->steps_per_epoch() == 2);
  CHECK(run.train.batches == std::vector<std::int64_t>{4, 4, 4, 4});
  CHECK(record.epochs[0].train_loss == doctest::Approx((record.losses[0] + record.losses[1]) / 2));
}

TEST_CASE("data smaller than a batch is one smaller batch, or with drop_last an error") {
  Run run({.epochs = 1, .batch_size = 16});
  CHECK(run.run());
  CHECK(run.train.batches == std::vector<std::int64_t>{10});
  CHECK(contains(input_error([] { Run({.epochs = 1, .batch_size = 16, .drop_last = true}); }), "lower train.batch_size"));
  CHECK(contains(input_error([] { Run({.epochs = 1, .batch_size = 4}, "constant", 0); }), "no images"));
}

TEST_CASE("steps are counted from 1 within their epoch") {
  Run run({.epochs = 2, .batch_size = 5});
  std::vector<std::vector<std::int64_t>> seen;
  TrainerEvents events;
  events.step = [&](std::int64_t epoch, std::int64_t step, std::int64_t steps, double) { seen.push_back({epoch, step, steps}); };
  run.run(events);
  CHECK(seen == std::vector<std::vector<std::int64_t>>{{1, 1, 2}, {1, 2, 2}, {2, 1, 2}, {2, 2, 2}});
}

TEST_CASE("the schedule sets each epoch's learning rate") {
  Run run({.epochs = 3, .batch_size = 10}, "step: {step_size: 1, gamma: 0.5}");
  Record record;
  run.run(record.events());
  CHECK(record.epochs[0].lr == doctest::Approx(0.05));
  CHECK(record.epochs[2].lr == doctest::Approx(0.0125));
}

TEST_CASE("an epoch is the best where its accuracy is above all before") {
  Run run({.epochs = 20, .batch_size = 4});
  Record record;
  run.run(record.events());
  double best = -1;
  for (std::size_t i = 0; i < record.epochs.size(); ++i) {
    CHECK(record.best[i] == (record.epochs[i].test.accuracy() > best));
    best = std::max(best, record.epochs[i].test.accuracy());
  }
  CHECK(run.trainer->progress().best_accuracy == best);
}

TEST_CASE("without test data nothing is evaluated and no epoch is the best") {
  Run run({.epochs = 1, .batch_size = 5});
  Trainer trainer(run.model, run.train, nullptr, cross_entropy_loss(), *run.optimizer, schedule_of("constant"),
                  {.epochs = 1, .batch_size = 5});
  Record record;
  CHECK(trainer.run(record.events(), run.stop));
  CHECK(record.epochs[0].test.images == 0);
  CHECK_FALSE(record.best[0]);
}

TEST_CASE("a run stopped after any step and continued gives the numbers of one that was not stopped") {
  const TrainerOptions options{.epochs = 3, .batch_size = 4};
  Run whole(options);
  Record expected;
  whole.run(expected.events());
  for (std::size_t stop_after = 1; stop_after < expected.losses.size(); ++stop_after) {
    CAPTURE(stop_after);
    Run run(options);
    Record record;
    TrainerEvents events = record.events();
    events.step = [&](std::int64_t, std::int64_t, std::int64_t, double loss) {
      record.losses.push_back(loss);
      run.stop = record.losses.size() == stop_after;
    };
    CHECK_FALSE(run.run(events));
    CHECK(record.losses.size() == stop_after);
    CHECK(run.trainer->progress().total_steps == static_cast<std::int64_t>(stop_after));

    run.stop = false;
    Trainer second(run.model, run.train, &run.test, cross_entropy_loss(), *run.optimizer, schedule_of("constant"), options);
    second.progress() = run.trainer->progress();
    CHECK(second.run(record.events(), run.stop));
    CHECK(record.losses == expected.losses);
    REQUIRE(record.epochs.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(record.epochs[i].train_loss == expected.epochs[i].train_loss);
    CHECK(run.train.seen == whole.train.seen);
    CHECK(all_parameters(run.model) == all_parameters(whole.model));
  }
}

TEST_CASE("a run that is stopped before its first step does nothing") {
  Run run({.epochs = 1, .batch_size = 4});
  run.stop = true;
  CHECK_FALSE(run.run());
  CHECK(run.train.batches.empty());
}

TEST_CASE("a run that is done does nothing more") {
  Run run({.epochs = 1, .batch_size = 4});
  CHECK(run.run());
  CHECK(run.run());
  CHECK(run.train.batches.size() == 3);
}

TEST_CASE("a loss that is not finite ends the run with epoch, step and advice") {
  Run run({.epochs = 2, .batch_size = 5});
  TrainerEvents events;
  events.step = [&](std::int64_t epoch, std::int64_t step, std::int64_t, double) {
    if (epoch == 2 && step == 1) run.model.set_parameter(1, std::vector<float>(3, std::numeric_limits<float>::quiet_NaN()));
  };
  try {
    run.run(events);
    FAIL_CHECK("no exception");
  } catch (const std::runtime_error& error) {
    CHECK(contains(error.what(), "the loss is nan in epoch 2, step 2: with learning rate 0.05"));
    CHECK(contains(error.what(), "lower it"));
  }
}

}  // namespace
}  // namespace cnnctl
