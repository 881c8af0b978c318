#include <algorithm>
#include <cmath>

#include "engine/schema/arguments.h"
#include "engine/training/schedules/types.h"
#include "engine/training/schedules/warmup.h"

namespace cnnctl {
namespace {

struct PolynomialArguments : WarmupArguments {
  std::optional<std::int64_t> total_iters;
  double power = 1;
};

const Schema<PolynomialArguments>& schema() {
  static const Schema<PolynomialArguments> schema = with_warmup(
      Schema<PolynomialArguments>("polynomial",
                                  "The learning rate falls to 0 as a power of the part of the run that is left, epoch by epoch.",
                                  "torch.optim.lr_scheduler.PolynomialLR")
          .optional("total_iters", &PolynomialArguments::total_iters, "epochs that the fall takes; none takes all of the run", at_least(1))
          .optional("power", &PolynomialArguments::power, "1 is a straight line", above(0)));
  return schema;
}

std::unique_ptr<Schedule> make(const Selection& selection, const RunLength& run, const Rates&) {
  const PolynomialArguments arguments = read_arguments(schema(), selection);
  return with_warmup(arguments, run, [&](const RunLength& rest) {
    const std::int64_t length = arguments.total_iters.value_or(rest.epochs());
    return by_epoch([length, power = arguments.power](double lr, std::int64_t epoch) {
      const std::int64_t left = length - std::min(epoch, length);
      return lr * std::pow(static_cast<double>(left) / static_cast<double>(length), power);
    });
  });
}

}  // namespace

ScheduleType polynomial_schedule() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
