#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/schema/schema.h"

namespace cnnctl {

/// What a batch shows: image i is of class labels[i]; or, where `others` is as long, to `share` of that class and for the rest of class
/// others[i].
struct Targets {
  std::span<const std::int32_t> labels;
  std::span<const std::int32_t> others = {};
  double share = 1;
};

/// The loss of a batch: a mean, and what the sum of its images' losses was divided by. Batches of several sizes, or of classes that count
/// unlike, make the mean of them all by their weights.
struct BatchLoss {
  double mean = 0;
  double weight = 0;
};

/// The loss of a batch of logits (N x classes); where `gradient` is not empty, it becomes the mean's derivative by the logits.
using Loss = std::function<BatchLoss(std::span<const float> logits, const Targets& targets, int classes, std::span<float> gradient)>;

/// The table of losses.
const std::vector<Choice>& loss_choices();

/// Makes the selected one for so many classes. Throws ConfigError where its arguments are for another number.
Loss make_loss(const Selection& selection, int classes);

}  // namespace cnnctl
