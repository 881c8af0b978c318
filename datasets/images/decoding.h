#pragma once

#include <cstdint>
#include <span>

#include "datasets/images/image.h"
#include "engine/formats/input_file.h"

namespace cnnctl {

// What the decoders of JPEG and PNG share.

/// An image out of rows of red, green, blue, red, green ...
Image from_interleaved(std::span<const std::uint8_t> pixels, std::int64_t height, std::int64_t width);

/// Throws InputError where an image of that size is too large for any, or for its file, a byte of which can stand for so many pixels.
void check_pixel_count(const InputFile& file, std::uint64_t height, std::uint64_t width, std::uint64_t pixels_per_byte);

}  // namespace cnnctl
