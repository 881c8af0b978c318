#pragma once

#include <cstdint>
#include <string>

#include "engine/experiment/experiment.h"
#include "engine/training/parameter_groups.h"
#include "engine/training/schedules/schedule.h"
#include "engine/training/trainer.h"

namespace cnnctl {

/// A config's section train as training takes it.
TrainerOptions trainer_options(const TrainSpec& spec);
Mixing mixing_of(const TrainSpec& spec);
GroupRules group_rules(const TrainSpec& spec);

/// Bytes that training by this recipe takes besides the network's and its optimizer's: sums of gradients, averages.
std::int64_t recipe_bytes(const TrainSpec& spec, const Graph& graph);

/// Says so where a run is too short for its average of the weights to leave the first ones behind; "" where it is not.
std::string short_for_average(const TrainSpec& spec, const RunLength& run);

/// Throws ConfigError where early stopping or the schedule goes by what an epoch is measured on, and there are no such images.
void check_is_measured(const Experiment& experiment, const Schedule& schedule, bool has_images);

}  // namespace cnnctl
