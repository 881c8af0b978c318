#pragma once

#include <cstdint>

#include "engine/diagnostics/diagnostic.h"
#include "engine/graph/shape.h"
#include "engine/schema/schema.h"
#include "engine/schema/size.h"

namespace cnnctl {

/// What a config may ask an image's side to become, in pixels.
inline Range side_range() { return between(1, 8192); }

/// Throws InputError, in the name of `transform`, unless images are grey or have red, green and blue. `in` is returned.
Shape require_color_or_grey(const Shape& in, const char* transform);

/// What is drawn from where one number x stands for [-x, x].
Spread around_zero(const Spread& spread);

/// The names of the interpolations that average, for a choice.
const std::vector<std::string>& smooth_interpolations();

/// The names of the interpolations for turning and shearing.
const std::vector<std::string>& warp_interpolations();

}  // namespace cnnctl
