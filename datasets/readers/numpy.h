#pragma once

#include <span>
#include <string>

#include "datasets/dataset.h"

namespace cnnctl {

/// Arrays that numpy.save wrote: `{numpy: {train: {images: x.npy, labels: y.npy}, test: {...}, classes: 10}}`. Images are N x C x H x W, or
/// N x H x W for one channel, of uint8 (scaled and normalized when batches are made) or float32 (taken as they are); labels are N integers.
/// Without `classes` the number of classes stays open.
DatasetType numpy_dataset();

/// Throws InputError that names the first number of N x C x H x W `pixels` that is not finite: a network's answer to it would be none, and
/// layers like relu may hide that.
void require_finite(std::span<const float> pixels, const Shape& image, const std::string& path);

}  // namespace cnnctl
