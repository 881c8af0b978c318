#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/schema/arguments.h"
#include "engine/training/schedules/types.h"
#include "engine/training/schedules/warmup.h"

namespace cnnctl {
namespace {

struct OneCycleArguments : WarmupArguments {
  std::optional<double> max_lr;
  std::optional<std::int64_t> total_steps;
  double pct_start = 0.3;
  std::string anneal_strategy = "cos";
  bool cycle_momentum = true;
  double base_momentum = 0.85;
  double max_momentum = 0.95;
  double div_factor = 25;
  double final_div_factor = 1e4;
  bool three_phase = false;
};

const Schema<OneCycleArguments>& schema() {
  using A = OneCycleArguments;
  static const Schema<A> schema = with_warmup(
      Schema<A>("one_cycle", "The learning rate rises and falls once, step by step, and the momentum the other way.",
                "torch.optim.lr_scheduler.OneCycleLR")
          .optional("max_lr", &A::max_lr, "the highest learning rate; none takes the optimizer's", above(0))
          .optional("total_steps", &A::total_steps, "updates of the weights that it takes; none takes all of the run", at_least(1))
          .optional("pct_start", &A::pct_start, "share of them in which the learning rate rises", between(0, 1))
          .optional("anneal_strategy", &A::anneal_strategy, "form of rise and fall", {}, {"cos", "linear"})
          .optional("cycle_momentum", &A::cycle_momentum, "change the momentum (of adam and its kin the first of betas) too")
          .optional("base_momentum", &A::base_momentum, "momentum where the learning rate is the highest", from_below(0, 1))
          .optional("max_momentum", &A::max_momentum, "momentum at both ends", from_below(0, 1))
          .optional("div_factor", &A::div_factor, "what the highest learning rate is divided by at the start", above(0))
          .optional("final_div_factor", &A::final_div_factor, "what the start's is divided by at the end", above(0))
          .optional("three_phase", &A::three_phase, "fall as long as it rose, to the start's, and only then to the end's"));
  return schema;
}

/// A way of learning rate and momentum, in units of the highest learning rate, up to update `end`, from 0. Ends are no whole numbers.
struct Phase {
  double end;
  double start_lr, end_lr;
  double start_momentum, end_momentum;
};

std::vector<Phase> phases_of(const OneCycleArguments& a, std::int64_t updates) {
  const auto total = static_cast<double>(updates);
  const double start = 1 / a.div_factor, end = start / a.final_div_factor;
  const double top = a.base_momentum, rest = a.max_momentum;
  if (!a.three_phase) return {{a.pct_start * total - 1, start, 1, rest, top}, {total - 1, 1, end, top, rest}};
  return {{a.pct_start * total - 1, start, 1, rest, top},
          {2 * a.pct_start * total - 2, 1, start, top, rest},
          {total - 1, start, end, rest, rest}};
}

class OneCycle final : public Schedule {
 public:
  OneCycle(const OneCycleArguments& arguments, const RunLength& run, const Rates& configured)
      : updates_per_epoch_(run.updates_per_epoch),
        phases_(phases_of(arguments, arguments.total_steps.value_or(run.updates))),
        is_linear_(arguments.anneal_strategy == "linear"),
        changes_momentum_(arguments.cycle_momentum),
        max_lr_(arguments.max_lr),
        configured_lr_(configured.lr) {}

  Rates at(const SchedulePosition& position, const Rates& configured) const override {
    const auto update = std::min(static_cast<double>(position.epoch * updates_per_epoch_ + position.update), phases_.back().end);
    double begin = 0;
    auto phase = phases_.begin();
    for (; phase + 1 != phases_.end() && update > phase->end; ++phase) begin = phase->end;
    const double done = phase->end > begin ? (update - begin) / (phase->end - begin) : 1;

    Rates rates = configured;
    rates.lr = highest(configured.lr) * between_ends(phase->start_lr, phase->end_lr, done);
    if (changes_momentum_) rates.momentum = between_ends(phase->start_momentum, phase->end_momentum, done);
    return rates;
  }

  bool changes_momentum() const override { return changes_momentum_; }

 private:
  double between_ends(double start, double end, double done) const {
    if (is_linear_) return start + (end - start) * done;
    return end + (start - end) / 2 * (1 + std::cos(std::numbers::pi * done));
  }

  /// max_lr stands for the optimizer's learning rate; a group that has another one keeps its proportion.
  double highest(double lr) const {
    if (!max_lr_) return lr;
    return configured_lr_ > 0 ? *max_lr_ * (lr / configured_lr_) : *max_lr_;
  }

  std::int64_t updates_per_epoch_;
  std::vector<Phase> phases_;
  bool is_linear_;
  bool changes_momentum_;
  std::optional<double> max_lr_;
  double configured_lr_;
};

std::unique_ptr<Schedule> make(const Selection& selection, const RunLength& run, const Rates& configured) {
  const OneCycleArguments arguments = read_arguments(schema(), selection);
  return with_warmup(arguments, run, [&](const RunLength& rest) { return std::make_unique<OneCycle>(arguments, rest, configured); });
}

}  // namespace

ScheduleType one_cycle_schedule() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
