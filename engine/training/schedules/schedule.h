#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/schema/schema.h"
#include "engine/training/optimizers/optimizer.h"

namespace cnnctl {

/// An update of the weights within a run, as schedules count: from 0.
struct SchedulePosition {
  std::int64_t epoch = 0;
  std::int64_t update = 0;  // within the epoch
};

/// How long a run is, in updates of the weights.
struct RunLength {
  std::int64_t updates = 1;
  std::int64_t updates_per_epoch = 1;

  /// Epochs, the last of them begun at least.
  std::int64_t epochs() const { return (updates + updates_per_epoch - 1) / updates_per_epoch; }
};

/// How an epoch ended.
struct EpochResult {
  std::int64_t epoch = 0;  // from 0
  double loss = 0;         // of the images that are evaluated after it, or, where there are none, of training
  double accuracy = 0;     // of those images
};

/// How the rates of an optimizer change in the course of a run.
class Schedule {
 public:
  virtual ~Schedule() = default;

  /// The rates of an update, of a group of parameters for which `configured` was given.
  virtual Rates at(const SchedulePosition& position, const Rates& configured) const = 0;
  /// Whether the momentum is among what changes.
  virtual bool changes_momentum() const { return false; }
  /// Whether it goes by the accuracy, so that an epoch needs images to measure it on.
  virtual bool reads_accuracy() const { return false; }
  /// To be told of every epoch's end. Most schedules do not care: they follow from the position alone.
  virtual void epoch_done(const EpochResult&) {}

  /// What a resume needs; empty where the position is enough.
  virtual std::vector<double> state() const { return {}; }
  /// Throws std::invalid_argument where that is no state of this schedule.
  virtual void set_state(std::span<const double> state);
};

/// The table of schedules.
const std::vector<Choice>& schedule_choices();

/// Makes the selected one for a run, and prepares the optimizer for momenta that change. Throws ConfigError where it cannot have any.
std::unique_ptr<Schedule> make_schedule(const Selection& selection, const RunLength& run, Optimizer& optimizer);

}  // namespace cnnctl
