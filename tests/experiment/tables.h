#pragma once

#include "engine/experiment/experiment.h"

namespace cnnctl {

/// Things for a config to choose among, as the program has them, but fewer and for checking only: experiment/ knows neither data nor
/// training.
const Tables& test_tables();

}  // namespace cnnctl
