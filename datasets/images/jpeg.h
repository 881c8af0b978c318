#pragma once

#include <cstdint>
#include <span>

#include "datasets/images/image_file.h"
#include "engine/formats/input_file.h"

namespace cnnctl {

/// The image in a JPEG file's `bytes`, as read_image() gives it with 3 channels. `file` is what messages name.
Image decode_jpeg(const InputFile& file, std::span<const std::uint8_t> bytes, const Shrinking& shrinking);

}  // namespace cnnctl
