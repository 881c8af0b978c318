#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/shape.h"

namespace cnnctl {

/// What training asks of data: images as float batches in a known order, and a position that can be saved and restored. The order of an
/// epoch follows from the seed and the epoch's number alone, so that a resumed run sees the same batches.
class BatchSource {
 public:
  /// The label of an image that could not be read and is not to be counted.
  static constexpr std::int32_t no_label = -1;

  virtual ~BatchSource() = default;

  /// Images in all.
  virtual std::int64_t size() const = 0;
  virtual Shape image_shape() const = 0;
  /// Number of classes: labels are in [0, classes).
  virtual int classes() const = 0;
  /// The classes' names, as many as classes().
  virtual std::vector<std::string> class_names() const = 0;

  /// Goes to image `position` (counted in the order of that epoch) of epoch `epoch` (from 0).
  virtual void seek(std::int64_t epoch, std::int64_t position) = 0;

  /// Writes the next images.size() / image_shape().count() images, scaled and normalized, N x C x H x W, and as many labels; advances.
  /// Asking for more than is left of the epoch is a programming error.
  virtual void next(std::span<float> images, std::span<std::int32_t> labels) = 0;

  /// The files of images that could not be read so far and were left out or replaced, each with the reason.
  virtual std::vector<std::string> unreadable() const { return {}; }
};

}  // namespace cnnctl
