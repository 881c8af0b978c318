#pragma once

#include "datasets/transforms/transform.h"

namespace cnnctl {

// One line of the table each; torchvision.transforms documents what they do.
TransformType resize_transform();
TransformType center_crop_transform();
TransformType random_crop_transform();
TransformType random_resized_crop_transform();
TransformType horizontal_flip_transform();
TransformType vertical_flip_transform();
TransformType rotation_transform();
TransformType affine_transform();
TransformType color_jitter_transform();
TransformType grayscale_transform();
TransformType trivial_augment_wide_transform();
TransformType normalize_transform();
TransformType random_erasing_transform();

}  // namespace cnnctl
