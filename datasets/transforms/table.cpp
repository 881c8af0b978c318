#include <algorithm>
#include <stdexcept>

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

std::vector<Choice> transform_choices() {
  std::vector<Choice> choices;
  for (const TransformType& type : transform_types()) choices.push_back(type.choice);
  return choices;
}

Transform make_transform(const Selection& selection) {
  const std::vector<TransformType>& types = transform_types();
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const TransformType& type) { return type.choice.declaration->name == selection.type; });
  if (found == types.end()) throw std::logic_error("no transform is called " + selection.type);
  return found->make(selection);
}

}  // namespace cnnctl
