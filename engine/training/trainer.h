#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/model.h"
#include "engine/training/batch_source.h"
#include "engine/training/evaluate.h"
#include "engine/training/losses/loss.h"
#include "engine/training/optimizers/optimizer.h"
#include "engine/training/schedules/schedule.h"

namespace cnnctl {

/// Where a run stands: everything a resume needs besides the weights and the optimizer's state.
struct Progress {
  std::int64_t epoch = 0;        // whole epochs done
  std::int64_t step = 0;         // steps done in the current epoch
  std::int64_t total_steps = 0;  // in the whole run
  double loss_sum = 0;           // of the current epoch's images so far, for its mean
  double best_accuracy = -1;     // of the epochs so far, -1 before the first
  double seconds = 0;            // spent training and evaluating
};

/// A row of metrics.csv.
struct EpochMetrics {
  std::int64_t epoch = 0;  // from 1
  std::int64_t step = 0;   // total steps
  double train_loss = 0;
  Evaluation test;  // of no images where there is no test data
  double lr = 0;
  double images_per_second = 0;  // of training alone
  double seconds = 0;            // of the whole run so far, evaluations included
};

struct TrainerOptions {
  std::int64_t epochs = 1;
  std::int64_t batch_size = 32;
  bool drop_last = false;
};

/// What a trainer tells its caller while it runs. Every member may be empty.
struct TrainerEvents {
  /// After every step. `step` counts from 1 to `steps` in epoch `epoch` (from 1).
  std::function<void(std::int64_t epoch, std::int64_t step, std::int64_t steps, double loss)> step;
  /// After every epoch's evaluation, with whether it is the best so far (never without test data). The model holds the weights that were
  /// evaluated: save them here.
  std::function<void(const EpochMetrics&, bool is_best, const Progress&)> epoch;
};

/// The training loop: batches, steps, an evaluation after every epoch.
class Trainer {
 public:
  /// All must outlive the trainer. `test` may be null: then nothing is evaluated. Throws InputError where an epoch would have no step.
  Trainer(Model& model, BatchSource& train, BatchSource* test, Loss loss, Optimizer& optimizer, Schedule schedule,
          const TrainerOptions& options);

  /// Trains from progress() to the last epoch. Returns true when done, false where `stop` became true: then after the step that was
  /// running, with progress() and the model ready to be saved. Throws std::runtime_error where the loss is not finite, with epoch and step
  /// and what to do.
  bool run(const TrainerEvents& events, const std::atomic<bool>& stop);

  Progress& progress() { return progress_; }
  std::int64_t steps_per_epoch() const;

 private:
  /// What an epoch's steps took; less than the epoch where it was resumed.
  struct Throughput {
    std::int64_t images = 0;
    double seconds = 0;
  };

  /// The rest of the current epoch. False where `stop` became true.
  bool run_epoch(const TrainerEvents& events, const std::atomic<bool>& stop, Throughput& throughput);
  double train_step(std::int64_t images);
  void update();
  void finish_epoch(const TrainerEvents& events, const Throughput& throughput);
  double learning_rate() const { return optimizer_.rates().lr * schedule_(progress_.epoch); }

  Model& model_;
  BatchSource& train_;
  BatchSource* test_;
  Loss loss_;
  Optimizer& optimizer_;
  Schedule schedule_;
  TrainerOptions options_;
  Progress progress_;
  std::vector<std::int32_t> labels_;
};

}  // namespace cnnctl
