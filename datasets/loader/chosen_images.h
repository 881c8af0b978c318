#pragma once

#include <cstdint>
#include <vector>

#include "datasets/loader/loader.h"
#include "engine/training/random.h"

namespace cnnctl {

/// The images of the dataset that `options` choose, ascending.
std::vector<std::int32_t> chosen_images(const Dataset& dataset, const LoaderOptions& options);

/// What is random in the transforms of image `index` in an epoch.
Random transform_random(std::uint64_t seed, std::int64_t epoch, std::int32_t index);

}  // namespace cnnctl
