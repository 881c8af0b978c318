#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/transforms/transform.h"
#include "engine/training/batch_source.h"

namespace cnnctl {

struct LoaderOptions {
  bool shuffle = false;
  std::uint64_t seed = 1;
  std::vector<Selection> transforms = {};                     // items of data.transforms.train or test
  std::optional<ChannelStatistics> normalize = std::nullopt;  // data.normalize
};

/// Batches of the images of `dataset`, in the epoch's order: bytes go through the transforms, are scaled by 1/255 and normalized; floats
/// are taken as they are. What is random in the transforms follows from seed, epoch and the image's number in the dataset, so it does not
/// depend on threads or on where a run is resumed. classes() is 0 where the dataset does not say how many there are.
/// Throws ConfigError and InputError as Pipeline does, InputError where floats are to be transformed.
std::unique_ptr<BatchSource> make_loader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options);

}  // namespace cnnctl
