#pragma once

#include "engine/schema/schema.h"
#include "engine/training/losses/loss.h"

namespace cnnctl {

/// A line of the table of losses: how its arguments are checked, and how one is made.
struct LossType {
  Choice choice;
  Loss (*make)(const Selection& selection, int classes) = nullptr;
};

/// The negative logarithm of the softmax of the label's logit; labels smoothed and classes weighted on request. Source:
/// torch.nn.CrossEntropyLoss; of the smoothing Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016.
LossType cross_entropy();

}  // namespace cnnctl
