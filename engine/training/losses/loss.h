#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/schema/schema.h"

namespace cnnctl {

/// Mean loss of a batch of logits (N x classes) against labels; where `gradient` is not empty, it becomes the derivative by the logits.
using Loss =
    std::function<double(std::span<const float> logits, std::span<const std::int32_t> labels, int classes, std::span<float> gradient)>;

/// The table of losses.
const std::vector<Choice>& loss_choices();

/// Makes the selected one for so many classes. Throws ConfigError where its arguments are for another number.
Loss make_loss(const Selection& selection, int classes);

}  // namespace cnnctl
