#include "engine/training/schedules/warmup.h"

#include <algorithm>
#include <utility>

namespace cnnctl {
namespace {

class ByEpoch final : public Schedule {
 public:
  explicit ByEpoch(std::function<double(double lr, std::int64_t epoch)> learning_rate) : learning_rate_(std::move(learning_rate)) {}

  Rates at(const SchedulePosition& position, const Rates& configured) const override {
    Rates rates = configured;
    rates.lr = learning_rate_(configured.lr, position.epoch);
    return rates;
  }

 private:
  std::function<double(double lr, std::int64_t epoch)> learning_rate_;
};

class Warmup final : public Schedule {
 public:
  Warmup(std::int64_t updates, std::int64_t updates_per_epoch, double start, std::unique_ptr<Schedule> rest)
      : updates_(updates), updates_per_epoch_(updates_per_epoch), start_(start), rest_(std::move(rest)) {}

  Rates at(const SchedulePosition& position, const Rates& configured) const override {
    const std::int64_t done = position.epoch * updates_per_epoch_ + position.update;
    if (done >= updates_) return rest_->at({(done - updates_) / updates_per_epoch_, (done - updates_) % updates_per_epoch_}, configured);
    Rates rates = rest_->at({}, configured);
    rates.lr *= start_ + (1 - start_) * static_cast<double>(done) / static_cast<double>(updates_);
    return rates;
  }

  bool changes_momentum() const override { return rest_->changes_momentum(); }
  bool reads_accuracy() const override { return rest_->reads_accuracy(); }

  void epoch_done(const EpochResult& result) override {
    if ((result.epoch + 1) * updates_per_epoch_ > updates_) rest_->epoch_done(result);
  }

  std::vector<double> state() const override { return rest_->state(); }
  void set_state(std::span<const double> state) override { rest_->set_state(state); }

 private:
  std::int64_t updates_;
  std::int64_t updates_per_epoch_;
  double start_;
  std::unique_ptr<Schedule> rest_;
};

}  // namespace

std::unique_ptr<Schedule> with_warmup(const WarmupArguments& arguments, const RunLength& run,
                                      const std::function<std::unique_ptr<Schedule>(const RunLength& rest)>& make) {
  const Duration warmup = arguments.warmup.value_or(Duration{});
  const std::int64_t updates = warmup.count * (warmup.unit == Duration::Unit::epochs ? run.updates_per_epoch : 1);
  if (updates == 0) return make(run);
  auto rest = make({std::max<std::int64_t>(run.updates - updates, 1), run.updates_per_epoch});
  return std::make_unique<Warmup>(updates, run.updates_per_epoch, arguments.warmup_start, std::move(rest));
}

std::unique_ptr<Schedule> by_epoch(std::function<double(double lr, std::int64_t epoch)> learning_rate) {
  return std::make_unique<ByEpoch>(std::move(learning_rate));
}

}  // namespace cnnctl
