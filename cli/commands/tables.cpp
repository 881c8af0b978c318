#include "cli/commands/tables.h"

#include "datasets/dataset.h"
#include "datasets/transforms/transform.h"
#include "engine/training/losses/loss.h"
#include "engine/training/optimizers/optimizer.h"
#include "engine/training/schedules/schedule.h"

namespace cnnctl {

Tables experiment_tables() { return {dataset_choices(), loss_choices(), optimizer_choices(), schedule_choices(), transform_choices()}; }

}  // namespace cnnctl
