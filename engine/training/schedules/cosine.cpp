#include <cmath>
#include <numbers>

#include "engine/schema/arguments.h"
#include "engine/training/schedules/types.h"
#include "engine/training/schedules/warmup.h"

namespace cnnctl {
namespace {

struct CosineArguments : WarmupArguments {
  std::optional<std::int64_t> T_max;
  double eta_min = 0;
};

const Schema<CosineArguments>& schema() {
  static const Schema<CosineArguments> schema =
      with_warmup(Schema<CosineArguments>("cosine", "The learning rate falls along half a cosine, epoch by epoch.",
                                          "torch.optim.lr_scheduler.CosineAnnealingLR")
                      .optional("T_max", &CosineArguments::T_max, "epochs that the fall takes; none takes all of the run", at_least(1))
                      .optional("eta_min", &CosineArguments::eta_min, "learning rate at its end", at_least(0)));
  return schema;
}

std::unique_ptr<Schedule> make(const Selection& selection, const RunLength& run, const Rates&) {
  const CosineArguments arguments = read_arguments(schema(), selection);
  return with_warmup(arguments, run, [&](const RunLength& rest) {
    const auto length = static_cast<double>(arguments.T_max.value_or(rest.epochs()));
    return by_epoch([length, end = arguments.eta_min](double lr, std::int64_t epoch) {
      return end + (lr - end) * (1 + std::cos(std::numbers::pi * static_cast<double>(epoch) / length)) / 2;
    });
  });
}

}  // namespace

ScheduleType cosine_schedule() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
