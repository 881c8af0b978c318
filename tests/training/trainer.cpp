#include "engine/training/trainer.h"

#include <limits>
#include <stdexcept>

#include "engine/training/parameter_groups.h"
#include "engine/training/weights.h"
#include "tests/support/input_error.h"
#include "tests/training/support.h"

namespace cnnctl {
namespace {

/// A run on little data with all that a trainer needs.
struct Run {
  explicit Run(const TrainerOptions& given, const std::string& schedule_item = "constant", std::int64_t images = 10,
               std::optional<double> decay = {})
      : options(given), train(images, 4, 3), test(6, 4, 3), model(linear_model(4, 3, options.batch_size)) {
    initialize(model, 1);
    optimizer = optimizer_of("adam: {lr: 0.05}", model.trainable_values().size());
    schedule = schedule_of(schedule_item, options.run_length(images), *optimizer);
    if (decay) ema.emplace(model, *decay);
    start_over(&test);
  }

  /// Another trainer in the place of the one before.
  void start_over(BatchSource* tested, const std::string& loss = "cross_entropy") {
    trainer.emplace(
        model, train, tested,
        Recipe{cross_entropy_loss(3, loss), *optimizer, make_groups(model, optimizer->rates(), {}), *schedule, ema ? &*ema : nullptr},
        options);
  }

  bool run(const TrainerEvents& events = {}) { return trainer->run(events, stop); }

  TrainerOptions options;
  TestSource train;
  TestSource test;
  Model model;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Schedule> schedule;
  std::optional<Ema> ema;
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
                [this](const EpochMetrics& metrics, bool is_best) {
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
  run.start_over(nullptr);
  Record record;
  CHECK(run.run(record.events()));
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
    const Progress progress = run.trainer->progress();
    run.start_over(&run.test);
    run.trainer->progress() = progress;
    CHECK(run.run(record.events()));
    CHECK(record.losses == expected.losses);
    REQUIRE(record.epochs.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(record.epochs[i].train_loss == expected.epochs[i].train_loss);
    CHECK(run.train.seen == whole.train.seen);
    CHECK(all_parameters(run.model) == all_parameters(whole.model));
  }
}

TEST_CASE("gradients of several batches make one update, as one batch of all their images would, whatever their classes count") {
  for (const std::string loss : {"cross_entropy", "cross_entropy: {class_weights: [1, 3, 9]}"}) {
    CAPTURE(loss);
    Run parts({.epochs = 2, .batch_size = 2, .accumulate = 2}), whole({.epochs = 2, .batch_size = 4});
    parts.start_over(&parts.test, loss);
    whole.start_over(&whole.test, loss);
    Record of_parts, of_whole;
    parts.run(of_parts.events());
    whole.run(of_whole.events());
    CHECK(parts.optimizer->counters().steps == 6);  // of 5 batches an epoch, the last alone
    check_near(all_parameters(parts.model), all_parameters(whole.model), 1e-5);
    CHECK(of_parts.epochs[1].train_loss == doctest::Approx(of_whole.epochs[1].train_loss));
    CHECK(of_parts.epochs[1].test.loss == doctest::Approx(of_whole.epochs[1].test.loss));
  }
}

TEST_CASE("a run stops between two updates only") {
  Run run({.epochs = 2, .batch_size = 1, .accumulate = 4});
  Record record;
  TrainerEvents events = record.events();
  events.step = [&](std::int64_t, std::int64_t step, std::int64_t, double) { run.stop = run.stop || step == 1; };
  CHECK_FALSE(run.run(events));
  CHECK(run.trainer->progress().step == 4);
  CHECK(run.optimizer->counters().steps == 1);
}

TEST_CASE("the schedule's steps are updates, of which an accumulating run has fewer") {
  const TrainerOptions options{.epochs = 3, .batch_size = 2, .accumulate = 3};
  CHECK(options.steps_per_epoch(10) == 5);
  CHECK(options.run_length(10).updates == 6);
  CHECK(options.run_length(10).updates_per_epoch == 2);
  Run run(options, "constant: {warmup: 6 steps, warmup_start: 0}");
  Record record;
  run.run(record.events());
  for (const std::size_t epoch : {0, 1, 2})
    CHECK(record.epochs[epoch].lr == doctest::Approx(0.05 * static_cast<double>(2 * epoch + 1) / 6));
}

TEST_CASE("clipped gradients change the weights by no more than their limit allows") {
  for (const bool by_norm : {true, false}) {
    CAPTURE(by_norm);
    TrainerOptions options{.epochs = 1, .batch_size = 10};
    (by_norm ? options.clip_grad_norm : options.clip_grad_value) = 1e-3;
    Run run(options);
    run.optimizer = optimizer_of("sgd: {lr: 1}", run.model.trainable_values().size());
    run.start_over(&run.test);
    const std::vector<float> before = all_parameters(run.model);
    run.run();
    const std::vector<float> after = all_parameters(run.model);
    double largest = 0, squares = 0;
    for (std::size_t i = 0; i < after.size(); ++i) {
      const double change = after[i] - before[i];
      largest = std::max(largest, std::abs(change));
      squares += change * change;
    }
    CHECK((by_norm ? std::sqrt(squares) : largest) == doctest::Approx(1e-3).epsilon(1e-3));
  }
}

TEST_CASE(
    "where weights are averaged, the averages are evaluated and in the model while an epoch is reported, and training goes on without "
    "them") {
  Run averaged({.epochs = 3, .batch_size = 4}, "constant", 10, 0.9);
  Run plain({.epochs = 3, .batch_size = 4});
  Record record, of_plain;
  TrainerEvents events = record.events();
  std::vector<float> reported;
  events.epoch = [&](const EpochMetrics& metrics, bool) {
    record.epochs.push_back(metrics);
    reported = all_parameters(averaged.model);
  };
  averaged.run(events);
  plain.run(of_plain.events());
  CHECK(record.losses == of_plain.losses);
  CHECK(all_parameters(averaged.model) == all_parameters(plain.model));
  CHECK(reported != all_parameters(plain.model));
  CHECK(record.epochs[2].test.loss != of_plain.epochs[2].test.loss);
  CHECK(averaged.trainer->measure(averaged.test).loss == record.epochs[2].test.loss);
  averaged.ema->hold(Ema::Held::averaged);
  CHECK(all_parameters(averaged.model) == reported);
}

TEST_CASE("early stopping ends the run after so many epochs that are no better, and a run that it ended does nothing more") {
  Run run({.epochs = 50, .batch_size = 4, .early_stopping = EarlyStopping{.by_loss = true, .patience = 2, .min_delta = 10}});
  Record record;
  CHECK(run.run(record.events()));
  CHECK(record.epochs.size() == 3);  // the first is the best
  CHECK(run.trainer->has_stopped_early());
  CHECK(run.run(record.events()));
  CHECK(record.epochs.size() == 3);
}

TEST_CASE("early stopping counts epochs anew from each that is better by more than its least difference") {
  const EarlyStopping by_accuracy{.patience = 3, .min_delta = 0.1};
  StoppingState state = after_epoch(by_accuracy, {}, {0, 9, 0.5});
  CHECK(state == StoppingState{0.5, 0});
  state = after_epoch(by_accuracy, state, {1, 9, 0.59});
  CHECK(state == StoppingState{0.5, 1});
  state = after_epoch(by_accuracy, state, {2, 9, 0.61});
  CHECK(state == StoppingState{0.61, 0});
  const EarlyStopping by_loss{.by_loss = true, .patience = 3};
  CHECK(after_epoch(by_loss, {}, {0, std::numeric_limits<double>::quiet_NaN(), 0}) == StoppingState{std::nullopt, 1});
  CHECK(after_epoch(by_loss, {1.0, 2}, {3, 0.9, 0}) == StoppingState{0.9, 0});
  CHECK(after_epoch(by_loss, {1.0, 2}, {3, 1.0, 1}) == StoppingState{1.0, 3});
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

TEST_CASE("a loss that is not finite ends the run with epoch, step, the first layer that gave it, and advice") {
  Run run({.epochs = 2, .batch_size = 5});
  TrainerEvents events;
  events.step = [&](std::int64_t epoch, std::int64_t step, std::int64_t, double) {
    if (epoch == 2 && step == 1) run.model.set_parameter(1, std::vector<float>(3, std::numeric_limits<float>::quiet_NaN()));
  };
  try {
    run.run(events);
    FAIL_CHECK("no exception");
  } catch (const NotFinite& error) {
    const std::string text = error.what();
    CAPTURE(text);
    CHECK(contains(text,
                   "the loss is nan in epoch 2, step 2; layer fc is the first whose output is not finite, after fc.bias was not since"));
    CHECK(contains(text, "with learning rate 0.05 training diverges: lower it"));
    CHECK(contains(text, "train.clip_grad_norm"));
  }
}

TEST_CASE("mixed batches train on other losses, and a run that is continued mixes as one that was never stopped") {
  const TrainerOptions options{.epochs = 3, .batch_size = 4, .mixing = {.mixup = 0.4, .cutmix = 1, .seed = 3}};
  Run plain({.epochs = 3, .batch_size = 4}), whole(options), stopped(options);
  Record plain_record, whole_record, stopped_record;
  plain.run(plain_record.events());
  whole.run(whole_record.events());
  TrainerEvents events = stopped_record.events();
  events.step = [&](std::int64_t, std::int64_t, std::int64_t, double loss) {
    stopped_record.losses.push_back(loss);
    stopped.stop = stopped_record.losses.size() == 5;
  };
  CHECK_FALSE(stopped.run(events));
  const Progress progress = stopped.trainer->progress();
  stopped.start_over(&stopped.test);
  stopped.trainer->progress() = progress;
  stopped.stop = false;
  CHECK(stopped.run(stopped_record.events()));
  CHECK(whole_record.losses == stopped_record.losses);
  CHECK(all_parameters(whole.model) == all_parameters(stopped.model));
  CHECK(whole_record.losses != plain_record.losses);
}

TEST_CASE("weights that are not finite are never saved nor evaluated") {
  for (const std::int64_t step_of_nan : {2, 5}) {
    CAPTURE(step_of_nan);
    Run run({.epochs = 2, .batch_size = 2, .checkpoint_every = {2, Interval::Unit::steps}});
    int saved = 0, evaluated = 0;
    TrainerEvents events;
    events.step = [&](std::int64_t, std::int64_t step, std::int64_t, double) {
      if (step == step_of_nan) run.model.set_parameter(1, std::vector<float>(3, std::numeric_limits<float>::infinity()));
    };
    events.checkpoint = [&] { ++saved; };
    events.epoch = [&](const EpochMetrics&, bool) { ++evaluated; };
    CHECK_THROWS_WITH_AS(run.run(events), doctest::Contains("fc.bias is not finite in epoch 1, after step"), NotFinite);
    CHECK(saved == (step_of_nan == 2 ? 0 : 2));
    CHECK(evaluated == 0);
  }
}

TEST_CASE("a run that is stopped writes a checkpoint, but none of weights that are not finite") {
  for (const bool finite : {true, false}) {
    CAPTURE(finite);
    Run run({.epochs = 2, .batch_size = 2});
    std::vector<std::int64_t> saved;
    TrainerEvents events;
    events.step = [&](std::int64_t, std::int64_t step, std::int64_t, double) {
      if (step != 3) return;
      run.stop = true;
      if (!finite) run.model.set_parameter(1, std::vector<float>(3, std::numeric_limits<float>::infinity()));
    };
    events.checkpoint = [&] { saved.push_back(run.trainer->progress().total_steps); };
    if (finite)
      CHECK_FALSE(run.run(events));
    else
      CHECK_THROWS_AS(run.run(events), NotFinite);
    CHECK(saved == (finite ? std::vector<std::int64_t>{3} : std::vector<std::int64_t>{}));
  }
}

TEST_CASE("checkpoints are due every so many steps or epochs, between two updates, and at the end") {
  const auto saved_at = [](const TrainerOptions& options) {
    Run run(options);
    std::vector<std::int64_t> steps;
    TrainerEvents events;
    events.checkpoint = [&] { steps.push_back(run.trainer->progress().total_steps); };
    run.run(events);
    return steps;
  };
  using Steps = std::vector<std::int64_t>;
  const auto every = [](std::int64_t count, Interval::Unit unit) { return Interval{count, unit}; };
  CHECK(saved_at({.epochs = 3, .batch_size = 2}) == Steps{5, 10, 15});
  CHECK(saved_at({.epochs = 3, .batch_size = 2, .checkpoint_every = every(2, Interval::Unit::epochs)}) == Steps{10, 15});
  CHECK(saved_at({.epochs = 2, .batch_size = 2, .checkpoint_every = every(3, Interval::Unit::steps)}) == Steps{3, 6, 9, 10});
  CHECK(saved_at({.epochs = 2, .batch_size = 2, .accumulate = 2, .checkpoint_every = every(1, Interval::Unit::steps)}) ==
        Steps{2, 4, 5, 7, 9, 10});
  CHECK(saved_at({.epochs = 1, .batch_size = 2, .checkpoint_every = every(1, Interval::Unit::minutes)}) == Steps{5});
}

}  // namespace
}  // namespace cnnctl
