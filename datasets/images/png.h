#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "datasets/images/image.h"
#include "engine/formats/input_file.h"

namespace cnnctl {

/// The image in a PNG file's `bytes`, as read_image() gives it with 3 channels. `file` is what messages name.
Image decode_png(const InputFile& file, std::span<const std::uint8_t> bytes);

/// An image of three channels as a PNG file's content.
std::string encode_png(const Image& image);

}  // namespace cnnctl
