#include <stdexcept>

#include <fmt/format.h>

#include "engine/training/schedules/types.h"

namespace cnnctl {
namespace {

const std::vector<ScheduleType>& types() {
  static const std::vector<ScheduleType> types = {constant_schedule(), step_schedule(),       multistep_schedule(), exponential_schedule(),
                                                  cosine_schedule(),   polynomial_schedule(), one_cycle_schedule(), plateau_schedule()};
  return types;
}

}  // namespace

void Schedule::set_state(std::span<const double> state) {
  if (!state.empty()) throw std::invalid_argument("the schedule has no state");
}

const std::vector<Choice>& schedule_choices() {
  static const std::vector<Choice> choices = choices_of(types());
  return choices;
}

std::unique_ptr<Schedule> make_schedule(const Selection& selection, const RunLength& run, Optimizer& optimizer) {
  auto schedule = type_of(selection, types()).make(selection, run, optimizer.rates());
  if (schedule->changes_momentum() && !optimizer.use_momentum())
    fail_at(selection.place, fmt::format("{} changes the momentum, but the optimizer has none", selection.type),
            "add cycle_momentum: false, or take another optimizer");
  return schedule;
}

}  // namespace cnnctl
