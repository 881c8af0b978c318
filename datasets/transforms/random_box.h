#pragma once

#include <optional>

#include "datasets/images/image.h"
#include "engine/schema/size.h"
#include "engine/training/random.h"

namespace cnnctl {

/// A box of an area from `area` (of the image's) and a width by height from `ratio` (evenly in its logarithm), anywhere in an image of
/// `in`, each side at least `margin` pixels shorter; nothing where ten tries did not fit. Source:
/// torchvision.transforms.RandomResizedCrop.get_params.
std::optional<Box> draw_box_of_area(const Shape& in, const Spread& area, const Spread& ratio, std::int64_t margin, Random& random);

}  // namespace cnnctl
