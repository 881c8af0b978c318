#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/experiment/experiment.h"
#include "engine/training/batch_source.h"

namespace cnnctl {

/// The images of a .npy file, N x C x H x W, for the experiment's network: float32 as it is; bytes through the test transforms, scaled and
/// normalized. Throws InputError where the file is wrong or its images do not fit.
std::unique_ptr<BatchSource> open_array(const std::string& path, const Experiment& experiment);

/// JPEG and PNG files for the experiment's network, through the test transforms, scaled and normalized; in grey where the network takes one
/// channel and the transforms do not make it. What is wrong with a file shows when it is read.
std::unique_ptr<BatchSource> open_image_files(const std::vector<std::string>& paths, const Experiment& experiment);

}  // namespace cnnctl
