#include "engine/training/early_stopping.h"

#include <cmath>

namespace cnnctl {

StoppingState after_epoch(const EarlyStopping& rule, const StoppingState& before, const EpochResult& epoch) {
  const double result = rule.by_loss ? epoch.loss : epoch.accuracy;
  const auto is_better = [&](double best) { return rule.by_loss ? result < best - rule.min_delta : result > best + rule.min_delta; };
  if (std::isfinite(result) && (!before.best || is_better(*before.best))) return {result, 0};
  return {before.best, before.epochs_since_best + 1};
}

}  // namespace cnnctl
