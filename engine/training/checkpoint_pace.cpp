#include "engine/training/checkpoint_pace.h"

#include <utility>

namespace cnnctl {

CheckpointPace::CheckpointPace(const Interval& every, std::function<Clock::time_point()> now)
    : every_(every), now_(std::move(now)), before_(now_()) {}

void CheckpointPace::restart(std::int64_t total_steps) {
  steps_before_ = total_steps;
  before_ = now_();
}

bool CheckpointPace::is_due(std::int64_t total_steps) const {
  switch (every_.unit) {
    case Interval::Unit::epochs:
      return false;
    case Interval::Unit::steps:
      return total_steps - steps_before_ >= every_.count;
    case Interval::Unit::minutes:
      return std::chrono::duration<double>(now_() - before_).count() >= 60.0 * static_cast<double>(every_.count);
  }
  return false;
}

bool CheckpointPace::is_due_after(std::int64_t epochs, std::int64_t total_steps) const {
  return every_.unit == Interval::Unit::epochs ? epochs % every_.count == 0 : is_due(total_steps);
}

}  // namespace cnnctl
