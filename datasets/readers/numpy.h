#pragma once

#include "datasets/dataset.h"

namespace cnnctl {

/// Arrays that numpy.save wrote: `{numpy: {train: {images: x.npy, labels: y.npy}, test: {...}, classes: 10}}`. Images are N x C x H x W, or
/// N x H x W for one channel, of uint8 (scaled and normalized when batches are made) or float32 (taken as they are); labels are N integers.
/// Without `classes` the number of classes stays open.
DatasetType numpy_dataset();

}  // namespace cnnctl
