#pragma once

#include "datasets/images/image.h"

namespace cnnctl {

/// What stands outside of an image. Source: torchvision.transforms.functional.pad.
enum class PaddingMode {
  constant,   // a value
  edge,       // the outermost pixel goes on
  reflect,    // mirrored at the outermost pixel, which is not repeated
  symmetric,  // mirrored behind the outermost pixel
};

/// "constant", "edge", "reflect" or "symmetric" as the enumeration; anything else is a programming error.
PaddingMode padding_mode_of(std::string_view name);

/// The pixels of `box`, which may reach outside of the image: there they are what `mode` says, `fill` where it is constant.
Image crop(const Image& image, const Box& box, PaddingMode mode = PaddingMode::constant, std::uint8_t fill = 0);

}  // namespace cnnctl
