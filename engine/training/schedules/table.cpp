#include <stdexcept>

#include "engine/training/schedules/types.h"

namespace cnnctl {
namespace {

const std::vector<ScheduleType>& types() {
  static const std::vector<ScheduleType> types = {constant_schedule(), step_schedule()};
  return types;
}

}  // namespace

const std::vector<Choice>& schedule_choices() {
  static const std::vector<Choice> choices = [] {
    std::vector<Choice> result;
    for (const ScheduleType& type : types()) result.push_back(type.choice);
    return result;
  }();
  return choices;
}

Schedule make_schedule(const Selection& selection) {
  for (const ScheduleType& type : types())
    if (type.choice.declaration->name == selection.type) return type.make(selection);
  throw std::invalid_argument("no schedule is called " + selection.type);
}

}  // namespace cnnctl
