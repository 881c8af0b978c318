#pragma once

#include <vector>

#include "datasets/readers/stroke.h"

namespace cnnctl {

/// The strokes of a character in a box of 1 x 1, from the upper left corner.
using Glyph = std::vector<Stroke>;

/// The ways in which people write a digit (0 to 9).
const std::vector<Glyph>& glyphs_of(int digit);

}  // namespace cnnctl
