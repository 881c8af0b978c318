#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/schema/schema.h"

namespace cnnctl {

/// The factor on the optimizer's learning rate in an epoch (from 0). A pure function, so a resume needs no state.
using Schedule = std::function<double(std::int64_t epoch)>;

/// The table of schedules.
const std::vector<Choice>& schedule_choices();

Schedule make_schedule(const Selection& selection);

}  // namespace cnnctl
