#pragma once

#include <functional>
#include <string>

#include "datasets/images/image.h"

namespace cnnctl {

/// How many times smaller, in each direction, an image of `shape` will be made.
using Shrinking = std::function<double(const Shape& shape)>;

/// Reads a JPEG or PNG file as red, green and blue, or (`channels` 1) as its luminance. JPEG: turned as Exif data say; where it will be
/// shrunk anyway it is decoded at a half, a quarter or an eighth of its size, so long as that is at least twice the size wanted, and knows
/// the size that is stored. PNG: of 16 bits the upper 8 are taken, transparency is left out. Throws InputError with the path and what is
/// wrong: no such file, damaged, cut off, more pixels than an image may have or its file can hold. May be called from many threads.
Image read_image(const std::string& path, std::int64_t channels, const Shrinking& shrinking = nullptr);

}  // namespace cnnctl
