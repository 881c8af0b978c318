#pragma once

#include <cstdint>
#include <vector>

#include "datasets/images/image.h"

namespace cnnctl {

// What Pillow's ImageEnhance and ImageOps do to an image of one or three channels, to the bit.

/// The luminance of every pixel, by ITU-R 601-2; of a grey image itself.
std::vector<std::uint8_t> luminance(const Image& image);

/// `factor` 0 gives the extreme that the name says, 1 the image, more the opposite: black, even grey, no colours, blurred.
void adjust_brightness(Image& image, double factor);
void adjust_contrast(Image& image, double factor);
void adjust_saturation(Image& image, double factor);
void adjust_sharpness(Image& image, double factor);

/// Turns the colours by `shift` (-0.5 to 0.5) of the colour circle; leaves grey images alone. Source:
/// torchvision.transforms.functional.adjust_hue.
void adjust_hue(Image& image, double shift);

/// Keeps the upper `bits` (1 to 8) of every byte.
void posterize(Image& image, int bits);

/// Inverts every byte of at least `threshold`.
void solarize(Image& image, double threshold);

/// Stretches each channel from its least and greatest byte to 0 and 255.
void stretch_contrast(Image& image);

/// Makes each channel's bytes about equally frequent.
void equalize(Image& image);

}  // namespace cnnctl
