#include <algorithm>

#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct FlipArguments {
  double p = 0.5;
};

constexpr const char* p_help = "probability that an image is mirrored";

const Schema<FlipArguments>& horizontal_schema() {
  static const Schema<FlipArguments> flip =
      Schema<FlipArguments>("horizontal_flip", "Left and right change places.", "torchvision.transforms.RandomHorizontalFlip")
          .optional("p", &FlipArguments::p, p_help, between(0, 1));
  return flip;
}

const Schema<FlipArguments>& vertical_schema() {
  static const Schema<FlipArguments> flip =
      Schema<FlipArguments>("vertical_flip", "Top and bottom change places.", "torchvision.transforms.RandomVerticalFlip")
          .optional("p", &FlipArguments::p, p_help, between(0, 1));
  return flip;
}

void mirror_rows(Image& image) {
  for (auto row = image.pixels.begin(); row != image.pixels.end(); row += image.shape.width) std::reverse(row, row + image.shape.width);
}

void mirror_columns(Image& image) {
  for (std::int64_t c = 0; c < image.shape.channels; ++c) {
    const auto plane = image.plane(c);
    for (std::int64_t y = 0; y < image.shape.height / 2; ++y)
      std::swap_ranges(plane.begin() + y * image.shape.width, plane.begin() + (y + 1) * image.shape.width,
                       plane.begin() + (image.shape.height - 1 - y) * image.shape.width);
  }
}

template <void (*mirror)(Image&)>
Transform build(const FlipArguments& arguments) {
  Transform transform;
  transform.bytes = [p = arguments.p](Image& image, Random& random) {
    if (random.between(0, 1) < p) mirror(image);
  };
  return transform;
}

}  // namespace

TransformType horizontal_flip_transform() { return transform_type(horizontal_schema(), build<mirror_rows>); }
TransformType vertical_flip_transform() { return transform_type(vertical_schema(), build<mirror_columns>); }

}  // namespace cnnctl
