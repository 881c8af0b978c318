#pragma once

#include "engine/schema/schema.h"
#include "engine/training/losses/loss.h"

namespace cnnctl {

/// A line of the table of losses: how its arguments are checked, and how one is made.
struct LossType {
  Choice choice;
  Loss (*make)(const Selection& selection) = nullptr;
};

/// The negative logarithm of the softmax of the label's logit. Source: torch.nn.CrossEntropyLoss.
LossType cross_entropy();

}  // namespace cnnctl
