#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/training/trainer.h"

namespace cnnctl {

/// An update of a range test: at what learning rate, and the loss before it.
struct LrPoint {
  double lr = 0;
  double loss = 0;
  double smoothed_loss = 0;  // mean of the updates around it
};

/// A curve of fewer points tells nothing.
inline constexpr std::size_t fewest_points = 11;

/// What a range test found.
struct LrCurve {
  std::vector<LrPoint> points;
  std::optional<double> suggestion;  // where the loss falls fastest; none where it never falls
};

/// The learning-rate range test: trains for a hundred updates, while the learning rate rises from 1e-6 to 10 by the same factor each time
/// (that of groups in proportion), and ends before where the loss grows to four times its lowest. Changes the model. `options` say how
/// batches become updates. Ends early, without a suggestion, where `interrupted` becomes true. Source: Smith, "Cyclical Learning Rates for
/// Training Neural Networks", 2017, section 3.3.
LrCurve find_learning_rate(Model& model, BatchSource& train, const Loss& loss, Optimizer& optimizer,
                           const std::vector<ParameterGroup>& groups, TrainerOptions options, const std::atomic<bool>& interrupted);

/// Fills in the smoothed losses and the suggestion.
void evaluate_curve(LrCurve& curve);

}  // namespace cnnctl
