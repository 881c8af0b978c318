#pragma once

#include "engine/schema/schema.h"
#include "engine/training/schedules/schedule.h"

namespace cnnctl {

/// A line of the table of schedules: how its arguments are checked, and how one is made, for an optimizer of the rates `configured`.
struct ScheduleType {
  Choice choice;
  std::unique_ptr<Schedule> (*make)(const Selection& selection, const RunLength& run, const Rates& configured) = nullptr;
};

/// The learning rate as it is configured.
ScheduleType constant_schedule();
/// Shrinks by gamma every step_size epochs. Source: torch.optim.lr_scheduler.StepLR.
ScheduleType step_schedule();
/// Shrinks by gamma at each of the milestones. Source: torch.optim.lr_scheduler.MultiStepLR.
ScheduleType multistep_schedule();
/// Shrinks by gamma every epoch. Source: torch.optim.lr_scheduler.ExponentialLR.
ScheduleType exponential_schedule();
/// Falls along half a cosine. Source: torch.optim.lr_scheduler.CosineAnnealingLR.
ScheduleType cosine_schedule();
/// Falls to 0 as a power of the part that is left. Source: torch.optim.lr_scheduler.PolynomialLR.
ScheduleType polynomial_schedule();
/// Rises and falls once, update by update. Source: Smith and Topin, "Super-Convergence", 2018; torch.optim.lr_scheduler.OneCycleLR.
ScheduleType one_cycle_schedule();
/// Shrinks where the epochs' results no longer get better. Source: torch.optim.lr_scheduler.ReduceLROnPlateau.
ScheduleType plateau_schedule();

}  // namespace cnnctl
