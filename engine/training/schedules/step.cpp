#include <cmath>

#include "engine/schema/arguments.h"
#include "engine/training/schedules/types.h"
#include "engine/training/schedules/warmup.h"

namespace cnnctl {
namespace {

struct StepArguments : WarmupArguments {
  std::int64_t step_size = 1;
  double gamma = 0.1;
};

const Schema<StepArguments>& schema() {
  static const Schema<StepArguments> schema = with_warmup(
      Schema<StepArguments>("step", "Multiplies the learning rate by gamma every step_size epochs.", "torch.optim.lr_scheduler.StepLR")
          .required("step_size", &StepArguments::step_size, "epochs between two changes", at_least(1))
          .optional("gamma", &StepArguments::gamma, "factor on the learning rate at each change", above(0)));
  return schema;
}

std::unique_ptr<Schedule> make(const Selection& selection, const RunLength& run, const Rates&) {
  const StepArguments arguments = read_arguments(schema(), selection);
  return with_warmup(arguments, run, [&](const RunLength&) {
    return by_epoch([arguments](double lr, std::int64_t epoch) {
      return lr * std::pow(arguments.gamma, static_cast<double>(epoch / arguments.step_size));
    });
  });
}

}  // namespace

ScheduleType step_schedule() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
