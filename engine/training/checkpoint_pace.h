#pragma once

#include <cstdint>
#include <functional>

#include "engine/runtime/timing.h"
#include "engine/schema/interval.h"

namespace cnnctl {

/// Tells when a run's next checkpoint is due.
class CheckpointPace {
 public:
  /// `now` is the clock, for tests.
  explicit CheckpointPace(const Interval& every, std::function<Clock::time_point()> now = Clock::now);

  /// Steps and minutes count from here on.
  void restart(std::int64_t total_steps);
  /// After so many steps in the run, within an epoch.
  bool is_due(std::int64_t total_steps) const;
  /// At the end of an epoch, of which there were `epochs` and `total_steps` so far.
  bool is_due_after(std::int64_t epochs, std::int64_t total_steps) const;

 private:
  Interval every_;
  std::function<Clock::time_point()> now_;
  std::int64_t steps_before_ = 0;
  Clock::time_point before_;
};

}  // namespace cnnctl
