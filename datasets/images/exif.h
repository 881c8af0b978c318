#pragma once

#include <cstdint>
#include <span>

#include "datasets/images/image.h"

namespace cnnctl {

/// How a JPEG file's Exif data say that its pixels have to be turned, 1 to 8; 1 (not at all) where they say nothing that can be read.
/// Source: Exif 2.32, tag 0x0112.
int exif_orientation(std::span<const std::uint8_t> jpeg);

/// The shape of an image of `in` after it was turned.
Shape oriented_shape(const Shape& in, int orientation);

/// The image, turned so that its top is up.
Image orient(Image image, int orientation);

}  // namespace cnnctl
