#include "engine/training/arguments.h"
#include "engine/training/schedules/types.h"

namespace cnnctl {
namespace {

struct ConstantArguments {};

const Schema<ConstantArguments>& schema() {
  static const Schema<ConstantArguments> schema("constant", "The optimizer's learning rate in every epoch.");
  return schema;
}

Schedule make(const Selection& selection) {
  read_arguments(schema(), selection);
  return [](std::int64_t) { return 1.0; };
}

}  // namespace

ScheduleType constant_schedule() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
