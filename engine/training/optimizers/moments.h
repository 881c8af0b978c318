#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/schema/schema.h"
#include "engine/training/optimizers/optimizer.h"

namespace cnnctl {

/// What Adam and AdamW share: an update by the gradient's first moment over the root of its second, both corrected for their start at
/// zero.
struct MomentsSettings {
  double lr = 0;
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double weight_decay = 0;
  bool decoupled = false;  // the decay shrinks the weights (AdamW) instead of joining the gradient (Adam)
};

std::unique_ptr<Optimizer> make_moments_optimizer(const MomentsSettings& settings, std::size_t count);

/// Reports `betas` where they are not two numbers. `values`: the arguments as written; `owner`: the optimizer's name.
void check_betas(const std::vector<double>& betas, const Value& values, const std::string& owner, Diagnostics& diagnostics);

}  // namespace cnnctl
