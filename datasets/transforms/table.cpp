#include "datasets/transforms/transforms.h"

namespace cnnctl {

const std::vector<TransformType>& transform_types() {
  static const std::vector<TransformType> types = {resize_transform(),
                                                   center_crop_transform(),
                                                   random_crop_transform(),
                                                   random_resized_crop_transform(),
                                                   horizontal_flip_transform(),
                                                   vertical_flip_transform(),
                                                   rotation_transform(),
                                                   affine_transform(),
                                                   color_jitter_transform(),
                                                   grayscale_transform(),
                                                   trivial_augment_wide_transform(),
                                                   normalize_transform(),
                                                   random_erasing_transform()};
  return types;
}

std::vector<Choice> transform_choices() { return choices_of(transform_types()); }

Transform make_transform(const Selection& selection) { return type_of(selection, transform_types()).make(selection); }

}  // namespace cnnctl
