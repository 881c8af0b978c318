#include <algorithm>
#include <cmath>

#include "engine/schema/arguments.h"
#include "engine/training/schedules/types.h"
#include "engine/training/schedules/warmup.h"

namespace cnnctl {
namespace {

struct MultistepArguments : WarmupArguments {
  std::vector<std::int64_t> milestones;
  double gamma = 0.1;
};

const Schema<MultistepArguments>& schema() {
  static const Schema<MultistepArguments> schema =
      with_warmup(Schema<MultistepArguments>("multistep", "Multiplies the learning rate by gamma at each of the milestones.",
                                             "torch.optim.lr_scheduler.MultiStepLR")
                      .required("milestones", &MultistepArguments::milestones,
                                "epochs, counted from 0, before which the learning rate changes", at_least(0))
                      .optional("gamma", &MultistepArguments::gamma, "factor on the learning rate at each change", above(0)));
  return schema;
}

std::unique_ptr<Schedule> make(const Selection& selection, const RunLength& run, const Rates&) {
  const MultistepArguments arguments = read_arguments(schema(), selection);
  return with_warmup(arguments, run, [&](const RunLength&) {
    return by_epoch([arguments](double lr, std::int64_t epoch) {
      const auto reached = std::count_if(arguments.milestones.begin(), arguments.milestones.end(),
                                         [epoch](std::int64_t milestone) { return milestone <= epoch; });
      return lr * std::pow(arguments.gamma, static_cast<double>(reached));
    });
  });
}

}  // namespace

ScheduleType multistep_schedule() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
