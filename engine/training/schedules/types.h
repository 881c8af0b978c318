#pragma once

#include "engine/schema/schema.h"
#include "engine/training/schedules/schedule.h"

namespace cnnctl {

/// A line of the table of schedules: how its arguments are checked, and how one is made.
struct ScheduleType {
  Choice choice;
  Schedule (*make)(const Selection& selection) = nullptr;
};

/// The factor 1 in every epoch.
ScheduleType constant_schedule();
/// A factor that shrinks by gamma every step_size epochs. Source: torch.optim.lr_scheduler.StepLR.
ScheduleType step_schedule();

}  // namespace cnnctl
