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

bool is_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

/// The name of the first parameter with a number that is not finite, or "". Running statistics are left out unless `all`.
std::string parameter_not_finite(const Model& model, bool all) {
  const auto& parameters = model.graph().parameters;
  for (std::size_t id = 0; id < parameters.size(); ++id)
    if ((all || parameters[id].trainable) && !is_finite(model.parameter(static_cast<ParameterId>(id)))) return parameters[id].name;
  return "";
}

std::string divergence_advice(double lr) {
  return fmt::format(
      "with learning rate {} training diverges: lower it (lr in train.optimizer), for example to {:.6g}, or limit the gradients "
      "(train.clip_grad_norm: 1)",
      lr, lr / 10);
}

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
      pace_(options.checkpoint_every),
      labels_(static_cast<std::size_t>(std::min(options.batch_size, train.size()))),
      mixer_(options.mixing.is_on() ? std::optional<BatchMixer>(options.mixing) : std::nullopt) {
  progress_.images = train.size();
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
  pace_.restart(progress_.total_steps);
  while (progress_.epoch < options_.epochs && !has_stopped_early()) {
    Throughput throughput;
    if (!run_epoch(events, stop, throughput)) {
      save(events);
      return false;
    }
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
  auto start = Clock::now();
  const auto count_time = [&] {
    const double seconds = seconds_since(start);
    throughput.seconds += seconds;
    progress_.seconds += seconds;
  };
  while (progress_.step < steps && !(stop && gradient_sum_.empty())) {
    const std::int64_t images = std::min(options_.batch_size, train_.size() - progress_.step * options_.batch_size);
    const BatchLoss loss = train_step(images);
    ++progress_.step;
    ++progress_.total_steps;
    progress_.loss_sum += loss.mean * loss.weight;
    progress_.loss_weight += loss.weight;
    throughput.images += images;
    if (events.step) events.step(progress_.epoch + 1, progress_.step, steps, loss.mean);
    // At an epoch's last step the evaluation comes first, so that it need not be repeated.
    if (gradient_sum_.empty() && progress_.step < steps && pace_.is_due(progress_.total_steps)) {
      count_time();
      save(events);
      start = Clock::now();
    }
  }
  count_time();
  return !stop;
}

Targets Trainer::next_batch(std::span<float> input, std::int64_t images) {
  const std::span<std::int32_t> labels(labels_.data(), static_cast<std::size_t>(images));
  train_.next(input, labels);
  return mixer_ ? mixer_->mix(input, train_.image_shape(), labels, progress_.epoch, progress_.step) : Targets{labels};
}

BatchLoss Trainer::train_step(std::int64_t images) {
  Program& program = model_.training(images);
  const Targets targets = next_batch(program.input(), images);
  program.forward();
  const BatchLoss loss = recipe_.loss(program.output(), targets, train_.classes(), program.output_gradient());
  if (!std::isfinite(loss.mean)) fail_not_finite(loss.mean, images);
  program.backward();
  if (options_.accumulate > 1) gradient_sum_.add(model_.trainable_gradients(), loss.weight);
  if (completes_update()) update(options_.accumulate > 1 ? gradient_sum_.take_mean() : model_.trainable_gradients());
  model_.values_changed();
  return loss;
}

void Trainer::fail_not_finite(double loss, std::int64_t images) {
  // The batch once more: the forward pass may have written over it.
  Program& program = model_.training(images);
  train_.seek(progress_.epoch, progress_.step * options_.batch_size);
  next_batch(program.input(), images);
  // abs: the sign of a NaN says nothing.
  const std::string where = fmt::format("the loss is {} in epoch {}, step {}", std::abs(loss), progress_.epoch + 1, progress_.step + 1);
  if (!is_finite(program.input()))
    throw NotFinite(where + ", because the images of its batch hold numbers that are not finite; look for them in the data");
  const std::string parameter = parameter_not_finite(model_, false), layer = program.first_not_finite();
  throw NotFinite(fmt::format(
      "{}{}{}; {}", where, layer.empty() ? "" : fmt::format("; layer {} is the first whose output is not finite", layer),
      parameter.empty() ? "" : fmt::format(", after {} was not since an earlier update", parameter), divergence_advice(learning_rate())));
}

void Trainer::require_finite_weights() const {
  if (is_finite(model_.trainable_values()) && is_finite(model_.untrained_values())) return;
  throw NotFinite(fmt::format("{} is not finite in epoch {}, after step {}; {}", parameter_not_finite(model_, true), progress_.epoch + 1,
                              progress_.step, divergence_advice(learning_rate())));
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
  metrics.train_loss = progress_.loss_sum / progress_.loss_weight;
  if (throughput.seconds > 0) metrics.images_per_second = static_cast<double>(throughput.images) / throughput.seconds;

  require_finite_weights();
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
  progress_.loss_sum = progress_.loss_weight = 0;
  {
    const EmaScope averaged(recipe_.ema, Ema::Held::averaged);
    if (events.epoch) events.epoch(metrics, is_best);
  }
  const bool is_last = progress_.epoch >= options_.epochs || has_stopped_early();
  if (is_last || pace_.is_due_after(progress_.epoch, progress_.total_steps)) save(events);
}

void Trainer::save(const TrainerEvents& events) {
  require_finite_weights();
  if (events.checkpoint) events.checkpoint();
  pace_.restart(progress_.total_steps);  // also where it could not be written: the next one is due as usual
}

}  // namespace cnnctl
