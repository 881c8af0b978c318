#pragma once

#include <cstddef>
#include <memory>

#include "engine/training/optimizers/optimizer.h"

namespace cnnctl {

/// What Adam and AdamW share: an update by the gradient's first moment over the root of its second, both corrected for their start at
/// zero.
struct MomentsSettings {
  Rates rates;
  double beta2 = 0;
  double eps = 0;
  bool decoupled = false;  // the decay shrinks the weights (AdamW) instead of joining the gradient (Adam)
};

std::unique_ptr<Optimizer> make_moments_optimizer(const MomentsSettings& settings, std::size_t count);

}  // namespace cnnctl
