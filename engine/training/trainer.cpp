#include "engine/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "engine/diagnostics/diagnostic.h"
#include "engine/runtime/timing.h"

namespace cnnctl {
namespace {

std::int64_t rounded_up(std::int64_t count, std::int64_t divisor) { return (count + divisor - 1) / divisor; }

}  // namespace

std::int64_t TrainerOptions::steps_per_epoch(std::int64_t images) const {
  return drop_last ? images / batch_size : rounded_up(images, batch_size);
}

RunLength TrainerOptions::run_length(std::int64_t images) const {
  const std::int64_t updates = std::max<std::int64_t>(rounded_up(steps_per_epoch(images), accumulate), 1);
  return {epochs * updates, updates};
}

Trainer::Trainer(Model& model, BatchSource& train, BatchSource* test, Recipe recipe, const TrainerOptions& options)
    : model_(model),
      train_(train),
      test_(test),
      recipe_(std::move(recipe)),
      options_(options),
      labels_(static_cast<std::size_t>(std::min(options.batch_size, train.size()))),
      mixer_(options.mixing.is_on() ? std::optional<BatchMixer>(options.mixing) : std::nullopt) {
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

bool Trainer::run(const TrainerEvents& events, const std::atomic<bool>& stop) {
  while (progress_.epoch < options_.epochs && !has_stopped_early()) {
    Throughput throughput;
    if (!run_epoch(events, stop, throughput)) return false;
    finish_epoch(events, throughput);
  }
  return true;
}

Evaluation Trainer::measure(BatchSource& images) {
  const EmaScope averaged(recipe_.ema, Ema::Held::averaged);
  return evaluate(model_, images, recipe_.loss, options_.batch_size);
}

bool Trainer::has_stopped_early() const {
  return options_.early_stopping && progress_.stopping.epochs_since_best >= options_.early_stopping->patience;
}

bool Trainer::run_epoch(const TrainerEvents& events, const std::atomic<bool>& stop, Throughput& throughput) {
  const std::int64_t steps = steps_per_epoch();
  train_.seek(progress_.epoch, std::min(progress_.step * options_.batch_size, train_.size()));
  const auto start = Clock::now();
  while (progress_.step < steps && !(stop && gradient_sum_.empty())) {
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
  const Targets targets =
      mixer_ ? mixer_->mix(program.input(), train_.image_shape(), labels, progress_.epoch, progress_.step) : Targets{labels};
  program.forward();
  const double loss = recipe_.loss(program.output(), targets, train_.classes(), program.output_gradient());
  if (!std::isfinite(loss))
    throw LossNotFinite(
        fmt::format("the loss is {} in epoch {}, step {}: with learning rate {} training diverges; lower it (lr in train.optimizer), for "
                    "example to {}, or look for values in the data that are no numbers",
                    loss, progress_.epoch + 1, progress_.step + 1, learning_rate(), learning_rate() / 10));
  program.backward();
  if (options_.accumulate > 1) gradient_sum_.add(model_.trainable_gradients(), images);
  if (completes_update()) update(options_.accumulate > 1 ? gradient_sum_.take_mean() : model_.trainable_gradients());
  model_.values_changed();
  return loss;
}

bool Trainer::completes_update() const {
  return (progress_.step + 1) % options_.accumulate == 0 || progress_.step + 1 == steps_per_epoch();
}

void Trainer::update(std::span<float> gradients) {
  if (options_.clip_grad_value) clip_gradient_values(gradients, *options_.clip_grad_value);
  if (options_.clip_grad_norm) clip_gradient_norm(gradients, *options_.clip_grad_norm);
  std::vector<ParameterGroup> groups = recipe_.groups;
  for (ParameterGroup& group : groups) group.rates = recipe_.schedule.at(position(), group.rates);
  recipe_.optimizer.step(model_.trainable_values(), gradients, groups);
  if (recipe_.ema) recipe_.ema->update();
}

SchedulePosition Trainer::position() const {
  const std::int64_t step = std::min(progress_.step, steps_per_epoch() - 1);
  return {progress_.epoch, step / options_.accumulate};
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
  if (test_) metrics.test = measure(*test_);
  progress_.seconds += seconds_since(start);
  metrics.seconds = progress_.seconds;

  const bool tested = metrics.test.images > 0;
  const bool is_best = tested && metrics.test.accuracy() > progress_.best_accuracy;
  if (is_best) progress_.best_accuracy = metrics.test.accuracy();
  const EpochResult result{progress_.epoch, tested ? metrics.test.loss : metrics.train_loss, metrics.test.accuracy()};
  recipe_.schedule.epoch_done(result);
  if (options_.early_stopping) progress_.stopping = after_epoch(*options_.early_stopping, progress_.stopping, result);
  ++progress_.epoch;
  progress_.step = 0;
  progress_.loss_sum = 0;
  const EmaScope averaged(recipe_.ema, Ema::Held::averaged);
  if (events.epoch) events.epoch(metrics, is_best, progress_.epoch >= options_.epochs || has_stopped_early());
}

}  // namespace cnnctl
