#include <cmath>

#include "engine/schema/arguments.h"
#include "engine/training/schedules/types.h"
#include "engine/training/schedules/warmup.h"

namespace cnnctl {
namespace {

struct ExponentialArguments : WarmupArguments {
  double gamma = 0.1;
};

const Schema<ExponentialArguments>& schema() {
  static const Schema<ExponentialArguments> schema =
      with_warmup(Schema<ExponentialArguments>("exponential", "Multiplies the learning rate by gamma every epoch.",
                                               "torch.optim.lr_scheduler.ExponentialLR")
                      .required("gamma", &ExponentialArguments::gamma, "factor on the learning rate", above(0)));
  return schema;
}

std::unique_ptr<Schedule> make(const Selection& selection, const RunLength& run, const Rates&) {
  const ExponentialArguments arguments = read_arguments(schema(), selection);
  return with_warmup(arguments, run, [&](const RunLength&) {
    return by_epoch([arguments](double lr, std::int64_t epoch) { return lr * std::pow(arguments.gamma, static_cast<double>(epoch)); });
  });
}

}  // namespace

ScheduleType exponential_schedule() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
