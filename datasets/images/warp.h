#pragma once

#include <array>
#include <cstdint>

#include "datasets/images/image.h"
#include "datasets/images/resample.h"

namespace cnnctl {

/// Where an output point (x, y) lies in the input: x' = m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y + m[5], in pixels from the upper left
/// corner of the image.
using AffineMap = std::array<double, 6>;

/// Pillow's Image.transform with an affine map: pixels that come from outside get `fill` in every channel. nearest or bilinear.
Image warp(const Image& image, const AffineMap& map, Interpolation interpolation, std::uint8_t fill);

/// The map of a turn by `degrees` against the clock about the image's middle. Source: torchvision.transforms.functional.rotate.
AffineMap rotation_map(const Shape& shape, double degrees);

/// A turn with the clock, a move, a scaling and a shear about `center`, all in the sense of torchvision.transforms.functional.affine.
struct AffineParameters {
  double degrees = 0;
  double translate_x = 0;  // pixels
  double translate_y = 0;
  double scale = 1;
  double shear_x = 0;  // degrees
  double shear_y = 0;
};
AffineMap affine_map(const AffineParameters& parameters, double center_x, double center_y);

}  // namespace cnnctl
