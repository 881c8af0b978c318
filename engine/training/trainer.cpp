#include "engine/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "engine/diagnostics/diagnostic.h"
#include "engine/runtime/timing.h"

namespace cnnctl {

Trainer::Trainer(Model& model, BatchSource& train, BatchSource* test, Loss loss, Optimizer& optimizer, Schedule schedule,
                 const TrainerOptions& options)
    : model_(model),
      train_(train),
      test_(test),
      loss_(std::move(loss)),
      optimizer_(optimizer),
      schedule_(std::move(schedule)),
      options_(options),
      labels_(static_cast<std::size_t>(std::min(options.batch_size, train.size()))) {
  if (train.size() < 1) throw InputError("there are no images to train on");
  if (steps_per_epoch() < 1)
    throw InputError(
        fmt::format("the {} training images make no batch of {}, and train.drop_last leaves smaller ones out; lower "
                    "train.batch_size or set train.drop_last to false",
                    train.size(), options.batch_size));
  // Now rather than in the first epoch: a batch that cannot be computed is known before anything is spent, and how it is computed is found
  // while nothing else runs.
  const std::int64_t last = train.size() % options.batch_size;
  if (last > 0 && !options.drop_last) model_.training(last);
  if (test) prepare_evaluation(model, test->size(), options.batch_size);
}

std::int64_t Trainer::steps_per_epoch() const {
  const std::int64_t whole = train_.size() / options_.batch_size;
  return options_.drop_last || train_.size() % options_.batch_size == 0 ? whole : whole + 1;
}

bool Trainer::run(const TrainerEvents& events, const std::atomic<bool>& stop) {
  while (progress_.epoch < options_.epochs) {
    Throughput throughput;
    if (!run_epoch(events, stop, throughput)) return false;
    finish_epoch(events, throughput);
  }
  return true;
}

bool Trainer::run_epoch(const TrainerEvents& events, const std::atomic<bool>& stop, Throughput& throughput) {
  const std::int64_t steps = steps_per_epoch();
  train_.seek(progress_.epoch, std::min(progress_.step * options_.batch_size, train_.size()));
  const auto start = Clock::now();
  while (progress_.step < steps && !stop) {
    const std::int64_t images = std::min(options_.batch_size, train_.size() - progress_.step * options_.batch_size);
    const double loss = train_step(images);
    ++progress_.step;
    ++progress_.total_steps;
    progress_.loss_sum += loss * static_cast<double>(images);
    throughput.images += images;
    if (events.step) events.step(progress_.epoch + 1, progress_.step, steps, loss);
  }
  throughput.seconds = seconds_since(start);
  progress_.seconds += throughput.seconds;
  return !stop;
}

double Trainer::train_step(std::int64_t images) {
  Program& program = model_.training(images);
  const std::span<std::int32_t> labels(labels_.data(), static_cast<std::size_t>(images));
  train_.next(program.input(), labels);
  program.forward();
  const double loss = loss_(program.output(), labels, train_.classes(), program.output_gradient());
  if (!std::isfinite(loss))
    throw std::runtime_error(
        fmt::format("the loss is {} in epoch {}, step {}: with learning rate {} training diverges; lower it (lr in train.optimizer), for "
                    "example to {}, or look for values in the data that are no numbers",
                    loss, progress_.epoch + 1, progress_.step + 1, learning_rate(), learning_rate() / 10));
  program.backward();
  update();
  return loss;
}

void Trainer::update() {
  ParameterGroup all{0, model_.trainable_values().size(), optimizer_.rates()};
  all.rates.lr = learning_rate();
  optimizer_.step(model_.trainable_values(), model_.trainable_gradients(), std::span(&all, 1));
  model_.values_changed();
}

void Trainer::finish_epoch(const TrainerEvents& events, const Throughput& throughput) {
  EpochMetrics metrics;
  metrics.epoch = progress_.epoch + 1;
  metrics.step = progress_.total_steps;
  metrics.lr = learning_rate();
  const std::int64_t trained = std::min(steps_per_epoch() * options_.batch_size, train_.size());
  metrics.train_loss = progress_.loss_sum / static_cast<double>(trained);
  if (throughput.seconds > 0) metrics.images_per_second = static_cast<double>(throughput.images) / throughput.seconds;

  const auto start = Clock::now();
  if (test_) metrics.test = evaluate(model_, *test_, loss_, options_.batch_size);
  progress_.seconds += seconds_since(start);
  metrics.seconds = progress_.seconds;

  const bool is_best = metrics.test.images > 0 && metrics.test.accuracy() > progress_.best_accuracy;
  if (is_best) progress_.best_accuracy = metrics.test.accuracy();
  ++progress_.epoch;
  progress_.step = 0;
  progress_.loss_sum = 0;
  if (events.epoch) events.epoch(metrics, is_best, progress_);
}

}  // namespace cnnctl
