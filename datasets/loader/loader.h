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
  std::vector<std::int32_t> images = {};                      // of the dataset, by index, ascending; empty: all
  std::vector<Selection> transforms = {};                     // items of data.transforms.train or test
  std::optional<ChannelStatistics> normalize = std::nullopt;  // data.normalize
  // For images in files.
  Size size = {};                // that they must have after the transforms, where these leave it open
  std::int64_t workers = 1;      // threads that read and transform them
  std::int64_t batch_size = 32;  // two batches are kept ready
  /// What becomes of a file that cannot be read (one of the wrong size can): nothing goes on; or another image takes its place (to train
  /// on); or its label is BatchSource::no_label (to measure).
  enum class OnError { stop, replace, leave_out } on_error = OnError::stop;
  bool endless = false;  // after an epoch the next one will be asked for, so its first images may be prepared
};

/// Batches of the images of `dataset`, in the epoch's order: bytes go through the transforms, are scaled by 1/255 and normalized; floats
/// are taken as they are. What is random in the transforms follows from seed, epoch and the image's number in the dataset, so it does not
/// depend on threads or on where a run is resumed. classes() is 0 where the dataset does not say how many there are.
/// Throws ConfigError and InputError as Pipeline does, InputError where floats are to be transformed or normalized.
std::unique_ptr<BatchSource> make_loader(std::shared_ptr<const Dataset> dataset, const LoaderOptions& options);

}  // namespace cnnctl
