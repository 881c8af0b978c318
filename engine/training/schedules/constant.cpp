#include "engine/schema/arguments.h"
#include "engine/training/schedules/types.h"
#include "engine/training/schedules/warmup.h"

namespace cnnctl {
namespace {

struct ConstantArguments : WarmupArguments {};

const Schema<ConstantArguments>& schema() {
  static const Schema<ConstantArguments> schema =
      with_warmup(Schema<ConstantArguments>("constant", "The optimizer's learning rate in every epoch."));
  return schema;
}

std::unique_ptr<Schedule> make(const Selection& selection, const RunLength& run, const Rates&) {
  const ConstantArguments arguments = read_arguments(schema(), selection);
  return with_warmup(arguments, run, [&](const RunLength&) { return by_epoch([](double lr, std::int64_t) { return lr; }); });
}

}  // namespace

ScheduleType constant_schedule() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
