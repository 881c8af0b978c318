#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/loader/loader.h"

namespace cnnctl {

/// The least, the middle (of an even count the lower one) and the greatest of some numbers.
struct Extent {
  std::int64_t least = 0;
  std::int64_t median = 0;
  std::int64_t greatest = 0;
};

/// What some images of a dataset are like.
struct ImageStatistics {
  std::int64_t images = 0;                 // that can be read
  std::vector<std::int64_t> class_counts;  // of these, by label
  Extent height, width;                    // as they are stored, in pixels
  ChannelStatistics channels;              // of all pixels together, the deviation that of the whole population
  std::vector<std::string> unreadable;     // files that cannot be read, each with the reason
};

/// Looks at the images that `options` choose: bytes go through the transforms of bytes and are scaled to [0, 1], as data.normalize takes
/// them; floats are taken as they are. Files are read one by one, on all threads; their number takes no memory. A file that cannot be read
/// throws InputError with its name where options.on_error is stop, and is listed otherwise. Throws InputError also where none can be read,
/// UnfitImage where one is not of a size that the transforms take.
ImageStatistics image_statistics(const Dataset& dataset, const LoaderOptions& options);

}  // namespace cnnctl
