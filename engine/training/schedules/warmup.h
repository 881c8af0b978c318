#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "engine/schema/schema.h"
#include "engine/training/schedules/schedule.h"

namespace cnnctl {

/// What every schedule can begin with: a learning rate that rises linearly, update by update, from a share of the schedule's first one to
/// it. The schedule itself counts from the end of that on. Source: torch.optim.lr_scheduler.LinearLR, and SequentialLR of the two.
struct WarmupArguments {
  std::optional<Duration> warmup;
  double warmup_start = 0.01;
};

/// A schema with the arguments of warmup added.
template <class T>
Schema<T> with_warmup(Schema<T> schema) {
  return schema
      .optional("warmup", &WarmupArguments::warmup,
                "time in which the learning rate rises to the schedule's first, as '5 epochs' or '500 steps'; the schedule begins then")
      .optional("warmup_start", &WarmupArguments::warmup_start, "share of that learning rate at the first step", between(0, 1));
}

/// The schedule of a run: what `make` gives for the part of the run behind the warmup, and the warmup before it.
std::unique_ptr<Schedule> with_warmup(const WarmupArguments& arguments, const RunLength& run,
                                      const std::function<std::unique_ptr<Schedule>(const RunLength& rest)>& make);

/// A schedule whose learning rate follows from the configured one and the number of the epoch, from 0.
std::unique_ptr<Schedule> by_epoch(std::function<double(double lr, std::int64_t epoch)> learning_rate);

}  // namespace cnnctl
