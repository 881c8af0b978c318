#pragma once

#include <cstdint>
#include <vector>

#include "engine/training/batch_source.h"

namespace cnnctl {

/// What a source gives at once.
struct Batch {
  std::vector<float> images;
  std::vector<std::int32_t> labels;
};

/// The next `count` images.
inline Batch take(BatchSource& source, std::size_t count) {
  Batch batch{std::vector<float>(count * static_cast<std::size_t>(source.image_shape().count())), std::vector<std::int32_t>(count)};
  source.next(batch.images, batch.labels);
  return batch;
}

}  // namespace cnnctl
