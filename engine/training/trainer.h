#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/runtime/model.h"
#include "engine/training/batch_source.h"
#include "engine/training/checkpoint_pace.h"
#include "engine/training/early_stopping.h"
#include "engine/training/ema.h"
#include "engine/training/evaluate.h"
#include "engine/training/gradients.h"
#include "engine/training/losses/loss.h"
#include "engine/training/mixing.h"
#include "engine/training/optimizers/optimizer.h"
#include "engine/training/schedules/schedule.h"

namespace cnnctl {

/// Where a run stands: everything a resume needs besides the weights, and the state of optimizer, schedule and averages.
struct Progress {
  std::int64_t epoch = 0;        // whole epochs done
  std::int64_t step = 0;         // steps done in the current epoch
  std::int64_t total_steps = 0;  // in the whole run
  double loss_sum = 0;           // of the current epoch's images so far, for its mean
  double loss_weight = 0;        // what that is to be divided by
  double best_accuracy = -1;     // of the epochs so far, -1 before the first
  double seconds = 0;            // spent training and evaluating
  StoppingState stopping{};
  std::int64_t images = 0;     // of the training data, whose order `step` counts in
  std::int64_t log_bytes = 0;  // of train.log
};

/// A row of metrics.csv.
struct EpochMetrics {
  std::int64_t epoch = 0;  // from 1
  std::int64_t step = 0;   // total steps
  double train_loss = 0;
  Evaluation test;               // or of the validation split; of no images where there is neither
  double lr = 0;                 // of the epoch's last update
  double images_per_second = 0;  // of training alone
  double seconds = 0;            // of the whole run so far, evaluations included
};

struct TrainerOptions {
  std::int64_t epochs = 1;
  std::int64_t batch_size = 32;
  bool drop_last = false;
  std::int64_t accumulate = 1;  // batches whose gradients make one update; an epoch's last ones may be fewer
  std::optional<double> clip_grad_value{};
  std::optional<double> clip_grad_norm{};  // after clip_grad_value
  std::optional<EarlyStopping> early_stopping{};
  Interval checkpoint_every{};
  Mixing mixing{};

  std::int64_t steps_per_epoch(std::int64_t images) const;
  RunLength run_length(std::int64_t images) const;
};

/// A loss or weights that are not finite: training has diverged.
class NotFinite : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a trainer tells its caller while it runs. Every member may be empty.
struct TrainerEvents {
  /// After every step. `step` counts from 1 to `steps` in epoch `epoch` (from 1).
  std::function<void(std::int64_t epoch, std::int64_t step, std::int64_t steps, double loss)> step{};
  /// After every epoch's evaluation, with whether it is the best so far (never without test data). The model holds the weights that were
  /// evaluated: save them here.
  std::function<void(const EpochMetrics&, bool is_best)> epoch{};
  /// When a checkpoint is due: as TrainerOptions::checkpoint_every says, between two updates or behind `epoch`, at the run's end, and where
  /// it is stopped. progress() and the model are ready to be saved, and all weights are finite.
  std::function<void()> checkpoint{};
};

/// How a model is trained. All must outlive the trainer.
struct Recipe {
  Loss loss;
  Optimizer& optimizer;
  std::vector<ParameterGroup> groups;  // with the rates as configured
  Schedule& schedule;
  Ema* ema = nullptr;  // where there is one, its averages are evaluated
};

/// The training loop: batches, steps, an evaluation after every epoch.
class Trainer {
 public:
  /// All must outlive the trainer. `test` may be null: then nothing is evaluated. Throws InputError where an epoch would have no step.
  Trainer(Model& model, BatchSource& train, BatchSource* test, Recipe recipe, const TrainerOptions& options);

  /// Trains from progress() to the last epoch, or to where early stopping ends it. Returns true when done, false where `stop` became true:
  /// then after the update that was being made and a checkpoint. Throws NotFinite where the loss or,
  /// where they would be evaluated or saved, weights are not finite: with epoch and step, where it began, and what to do.
  bool run(const TrainerEvents& events, const std::atomic<bool>& stop);

  /// What the weights give on some images, as after an epoch: with an average of the weights, that.
  Evaluation measure(BatchSource& images);

  Progress& progress() { return progress_; }
  std::int64_t steps_per_epoch() const { return options_.steps_per_epoch(train_.size()); }
  /// Whether early stopping has ended the run.
  bool has_stopped_early() const;

 private:
  /// What an epoch's steps took; less than the epoch where it was resumed.
  struct Throughput {
    std::int64_t images = 0;
    double seconds = 0;
  };

  /// The rest of the current epoch. False where `stop` became true.
  bool run_epoch(const TrainerEvents& events, const std::atomic<bool>& stop, Throughput& throughput);
  BatchLoss train_step(std::int64_t images);
  /// Fills the network's input with the current step's images, mixed where the options say so.
  Targets next_batch(std::span<float> input, std::int64_t images);
  [[noreturn]] void fail_not_finite(double loss, std::int64_t images);
  /// Throws NotFinite that names a parameter which is not.
  void require_finite_weights() const;
  /// Calls `checkpoint`, and counts on from here.
  void save(const TrainerEvents& events);
  /// Whether the current step is the last one before an update.
  bool completes_update() const;
  void update(std::span<float> gradients);
  void finish_epoch(const TrainerEvents& events, const Throughput& throughput);
  /// Of the update that the current step belongs to, or, at an epoch's end, of its last one.
  SchedulePosition position() const;
  double learning_rate() const { return recipe_.schedule.at(position(), recipe_.optimizer.rates()).lr; }

  Model& model_;
  BatchSource& train_;
  BatchSource* test_;
  Recipe recipe_;
  TrainerOptions options_;
  Progress progress_;
  CheckpointPace pace_;
  std::vector<std::int32_t> labels_;
  std::optional<BatchMixer> mixer_;
  GradientSum gradient_sum_;
};

}  // namespace cnnctl
