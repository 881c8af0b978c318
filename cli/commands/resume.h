#pragma once

#include <string>

#include "engine/experiment/experiment.h"

namespace cnnctl {

/// Throws InputError where the run in `folder`, started as `before`, cannot go on as `after`, which --set made of it: the position in the
/// data or the optimizer's state would mean something else. The message names the key and both values.
void check_resumable(const std::string& folder, const Experiment& before, const Experiment& after);

/// The same for the number of training images, which may have changed on the disk.
void check_same_images(const std::string& folder, std::int64_t before, std::int64_t after);

}  // namespace cnnctl
