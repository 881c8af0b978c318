#include "engine/training/lr_find.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cnnctl {
namespace {

constexpr std::int64_t updates = 100;
constexpr double lowest_rate = 1e-6;
constexpr double highest_rate = 10;
constexpr double diverged = 4;  // times the lowest loss
constexpr std::size_t smoothing_radius = (fewest_points - 1) / 2;

double rate_of(std::int64_t update) {
  return lowest_rate * std::pow(highest_rate / lowest_rate, static_cast<double>(update) / static_cast<double>(updates - 1));
}

/// Learning rates that rise by the same factor each time.
class RisingRates final : public Schedule {
 public:
  RisingRates(std::int64_t updates_per_epoch, double configured_lr)
      : updates_per_epoch_(updates_per_epoch), configured_lr_(configured_lr) {}

  Rates at(const SchedulePosition& position, const Rates& configured) const override {
    Rates rates = configured;
    rates.lr = rate_of(position.epoch * updates_per_epoch_ + position.update);
    if (configured_lr_ > 0) rates.lr *= configured.lr / configured_lr_;
    return rates;
  }

 private:
  std::int64_t updates_per_epoch_;
  double configured_lr_;
};

/// A mean that forgets: of about the last ten numbers.
class RecentMean {
 public:
  double add(double number) {
    sum_ = keep * sum_ + number;
    weight_ = keep * weight_ + 1;
    return sum_ / weight_;
  }

 private:
  static constexpr double keep = 0.9;
  double sum_ = 0;
  double weight_ = 0;
};

/// The mean of the points around `i`, as many on either side.
double mean_around(const std::vector<LrPoint>& points, std::size_t i) {
  const std::size_t radius = std::min({smoothing_radius, i, points.size() - 1 - i});
  const auto begin = points.begin() + static_cast<std::ptrdiff_t>(i - radius);
  const auto end = points.begin() + static_cast<std::ptrdiff_t>(i + radius + 1);
  const double sum = std::accumulate(begin, end, 0.0, [](double so_far, const LrPoint& point) { return so_far + point.loss; });
  return sum / static_cast<double>(2 * radius + 1);
}

}  // namespace

LrCurve find_learning_rate(Model& model, BatchSource& train, const Loss& loss, Optimizer& optimizer,
                           const std::vector<ParameterGroup>& groups, TrainerOptions options, const std::atomic<bool>& interrupted) {
  const std::int64_t per_epoch = options.run_length(train.size()).updates_per_epoch;
  options.epochs = RunLength{updates, per_epoch}.epochs();
  options.early_stopping.reset();
  RisingRates schedule(per_epoch, optimizer.rates().lr);
  Trainer trainer(model, train, nullptr, {loss, optimizer, groups, schedule}, options);

  LrCurve curve;
  RecentMean recent;
  double lowest = 0, sum = 0;
  std::int64_t batches = 0;
  std::atomic<bool> stop = false;
  TrainerEvents events;
  events.step = [&](std::int64_t, std::int64_t step, std::int64_t steps, double batch_loss) {
    sum += batch_loss;
    ++batches;
    if (step % options.accumulate != 0 && step != steps) return;  // no update yet
    const auto update = static_cast<std::int64_t>(curve.points.size());
    curve.points.push_back({rate_of(update), sum / static_cast<double>(batches), 0});
    const double now = recent.add(curve.points.back().loss);
    lowest = update == 0 ? now : std::min(lowest, now);
    stop = interrupted || update + 1 == updates || now > diverged * lowest;
    sum = 0;
    batches = 0;
  };
  try {
    trainer.run(events, stop);
  } catch (const NotFinite&) {
    if (curve.points.empty()) throw;  // else it is the end of the curve, and what that is there to show
  }
  evaluate_curve(curve);
  if (interrupted) curve.suggestion.reset();
  return curve;
}

void evaluate_curve(LrCurve& curve) {
  std::vector<LrPoint>& points = curve.points;
  for (std::size_t i = 0; i < points.size(); ++i) points[i].smoothed_loss = mean_around(points, i);
  if (points.size() < fewest_points) return;
  const auto lowest =
      std::min_element(points.begin(), points.end(), [](const LrPoint& a, const LrPoint& b) { return a.smoothed_loss < b.smoothed_loss; });
  // Over the same distance as the smoothing, and not at the ends, where little is smoothed: batches differ more than their neighbours'
  // slope.
  const auto last = std::min(static_cast<std::size_t>(lowest - points.begin()), points.size() - 1 - smoothing_radius);
  double steepest = 0;
  for (std::size_t i = 2 * smoothing_radius; i < last; ++i) {
    const double fall = points[i + smoothing_radius].smoothed_loss - points[i - smoothing_radius].smoothed_loss;
    if (fall >= steepest) continue;
    steepest = fall;
    curve.suggestion = points[i].lr;
  }
}

}  // namespace cnnctl
