#pragma once

#include <cstdint>
#include <optional>

#include "engine/training/schedules/schedule.h"

namespace cnnctl {

/// When a run ends before its last epoch.
struct EarlyStopping {
  bool by_loss = false;       // else by accuracy
  std::int64_t patience = 1;  // epochs in a row that are no better than the best before them; after so many the run ends
  double min_delta = 0;       // how much better an epoch must be to count as better
};

/// What early stopping has seen of a run.
struct StoppingState {
  std::optional<double> best;  // the best result that counted, none before the first epoch
  std::int64_t epochs_since_best = 0;

  friend bool operator==(const StoppingState&, const StoppingState&) = default;
};

/// The state after a further epoch.
StoppingState after_epoch(const EarlyStopping& rule, const StoppingState& before, const EpochResult& epoch);

}  // namespace cnnctl
