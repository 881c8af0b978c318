#pragma once

#include <cstddef>
#include <memory>

#include "engine/schema/schema.h"
#include "engine/training/optimizers/optimizer.h"

namespace cnnctl {

/// A line of the table of optimizers: how its arguments are checked, and how one is made for `count` elements.
struct OptimizerType {
  Choice choice;
  std::unique_ptr<Optimizer> (*make)(const Selection& selection, std::size_t count) = nullptr;
};

/// Stochastic gradient descent, with momentum and Nesterov's momentum. Source: torch.optim.SGD.
OptimizerType sgd();
/// Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2014; torch.optim.Adam.
OptimizerType adam();
/// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2017; torch.optim.AdamW.
OptimizerType adamw();

}  // namespace cnnctl
