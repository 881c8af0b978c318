#pragma once

#include <memory>
#include <string>

#include "engine/experiment/experiment.h"
#include "engine/training/batch_source.h"

namespace cnnctl {

/// The images of a .npy file, N x C x H x W, for the experiment's network: float32 as it is; bytes through the test transforms, scaled and
/// normalized. Throws InputError where the file is wrong or its images do not fit.
std::unique_ptr<BatchSource> open_array(const std::string& path, const Experiment& experiment);

}  // namespace cnnctl
