#pragma once

#include "engine/experiment/experiment.h"

namespace cnnctl {

/// All that a config can choose among: the tables of datasets/ and training/, for experiment/.
Tables experiment_tables();

}  // namespace cnnctl
