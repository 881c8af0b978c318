#pragma once

#include "datasets/images/image.h"
#include "engine/schema/size.h"

namespace cnnctl {

enum class Interpolation { nearest, bilinear, bicubic };

/// "nearest", "bilinear" or "bicubic" as the enumeration; anything else is a programming error.
Interpolation interpolation_of(std::string_view name);

/// The pixels of `box`, which lies within the image, as an image of size `to`: the nearest pixels, or bilinear or bicubic with
/// antialiasing. Then each output pixel is the weighted mean of the input pixels below a kernel that is widened by the factor the image
/// shrinks by; rows first, then columns, each rounded to a byte. The same bits as Pillow's Image.crop and Image.resize. Throws InputError
/// where a side is millions of pixels long, or where the result, or what is in between, would have more pixels than an image may.
Image resample(const Image& image, const Box& box, const Size& to, Interpolation interpolation);

}  // namespace cnnctl
