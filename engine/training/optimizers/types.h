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
/// Source: Dozat, "Incorporating Nesterov Momentum into Adam", 2016; torch.optim.NAdam.
OptimizerType nadam();
/// Source: Hinton, Srivastava and Swersky, "Neural Networks for Machine Learning", lecture 6, 2012; torch.optim.RMSprop.
OptimizerType rmsprop();
/// Source: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011;
/// torch.optim.Adagrad.
OptimizerType adagrad();

}  // namespace cnnctl
