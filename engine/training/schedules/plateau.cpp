#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "engine/schema/arguments.h"
#include "engine/training/schedules/types.h"
#include "engine/training/schedules/warmup.h"

namespace cnnctl {
namespace {

struct PlateauArguments : WarmupArguments {
  std::string mode = "min";
  double factor = 0.1;
  std::int64_t patience = 10;
  double threshold = 1e-4;
  std::string threshold_mode = "rel";
  std::int64_t cooldown = 0;
  double min_lr = 0;
  double eps = 1e-8;
};

const Schema<PlateauArguments>& schema() {
  using A = PlateauArguments;
  static const Schema<A> schema = with_warmup(
      Schema<A>("plateau", "Multiplies the learning rate by a factor where the result of the epochs no longer gets better.",
                "torch.optim.lr_scheduler.ReduceLROnPlateau")
          .optional("mode", &A::mode, "min: the loss has to fall (of training where nothing is evaluated); max: the accuracy has to rise",
                    {}, {"min", "max"})
          .optional("factor", &A::factor, "factor on the learning rate", from_below(0, 1))
          .optional("patience", &A::patience, "epochs without a better result that are let pass", at_least(0))
          .optional("threshold", &A::threshold, "how much better a result must be", at_least(0))
          .optional("threshold_mode", &A::threshold_mode, "threshold is a share of the best result (rel) or a difference (abs)", {},
                    {"rel", "abs"})
          .optional("cooldown", &A::cooldown, "epochs after a change in which none is counted", at_least(0))
          .optional("min_lr", &A::min_lr, "lowest learning rate", at_least(0))
          .optional("eps", &A::eps, "smallest change of the learning rate; a smaller one is left out", at_least(0)));
  return schema;
}

class Plateau final : public Schedule {
 public:
  explicit Plateau(const PlateauArguments& arguments) : arguments_(arguments) {}

  Rates at(const SchedulePosition&, const Rates& configured) const override {
    Rates rates = configured;
    for (std::int64_t i = 0; i < reductions_; ++i) {
      const double reduced = std::max(rates.lr * arguments_.factor, arguments_.min_lr);
      if (rates.lr - reduced <= arguments_.eps) break;  // and so it would be every time from here
      rates.lr = reduced;
    }
    return rates;
  }

  bool reads_accuracy() const override { return arguments_.mode == "max"; }

  void epoch_done(const EpochResult& result) override {
    const double value = reads_accuracy() ? result.accuracy : result.loss;
    if (std::isfinite(value) && (!has_best_ || is_better(value))) {
      has_best_ = true;
      best_ = value;
      bad_epochs_ = 0;
    } else {
      ++bad_epochs_;
    }
    if (cooldown_ > 0) {
      --cooldown_;
      bad_epochs_ = 0;
    }
    if (bad_epochs_ <= arguments_.patience) return;
    ++reductions_;
    cooldown_ = arguments_.cooldown;
    bad_epochs_ = 0;
  }

  std::vector<double> state() const override {
    return {best_, has_best_ ? 1.0 : 0.0, static_cast<double>(bad_epochs_), static_cast<double>(cooldown_),
            static_cast<double>(reductions_)};
  }

  void set_state(std::span<const double> state) override {
    constexpr double most = 1e9;  // a count is a whole number in a double
    const bool counts = state.size() == 5 && std::all_of(state.begin() + 1, state.end(), [](double n) { return n >= 0 && n <= most; });
    if (!counts) throw std::invalid_argument("it is not plateau's");
    best_ = state[0];
    has_best_ = state[1] != 0;
    bad_epochs_ = static_cast<std::int64_t>(state[2]);
    cooldown_ = static_cast<std::int64_t>(state[3]);
    reductions_ = static_cast<std::int64_t>(state[4]);
  }

 private:
  bool is_better(double value) const {
    const bool falls = arguments_.mode == "min";
    const double margin = arguments_.threshold_mode == "rel" ? best_ * arguments_.threshold : arguments_.threshold;
    return falls ? value < best_ - margin : value > best_ + margin;
  }

  PlateauArguments arguments_;
  bool has_best_ = false;
  double best_ = 0;
  std::int64_t bad_epochs_ = 0;
  std::int64_t cooldown_ = 0;
  std::int64_t reductions_ = 0;
};

std::unique_ptr<Schedule> make(const Selection& selection, const RunLength& run, const Rates&) {
  const PlateauArguments arguments = read_arguments(schema(), selection);
  return with_warmup(arguments, run, [&](const RunLength&) { return std::make_unique<Plateau>(arguments); });
}

}  // namespace

ScheduleType plateau_schedule() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
