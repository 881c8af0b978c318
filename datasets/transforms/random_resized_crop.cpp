#include <algorithm>
#include <cmath>

#include "datasets/images/resample.h"
#include "datasets/transforms/random_box.h"
#include "datasets/transforms/sizes.h"
#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct RandomResizedCropArguments {
  Size size;
  Spread scale = {false, 0.08, 1};
  Spread ratio = {false, 0.75, 4.0 / 3.0};
  std::string interpolation = "bilinear";
};

const Schema<RandomResizedCropArguments>& schema() {
  static const Schema<RandomResizedCropArguments> random_resized_crop =
      Schema<RandomResizedCropArguments>("random_resized_crop", "A part of random area and proportions, resized.",
                                         "torchvision.transforms.RandomResizedCrop")
          .required("size", &RandomResizedCropArguments::size, "of the result, in pixels", side_range())
          .optional("scale", &RandomResizedCropArguments::scale, "area of the part, of the image's", between(1e-6, 1))
          .optional("ratio", &RandomResizedCropArguments::ratio, "width of the part by its height", between(1e-3, 1e3))
          .optional("interpolation", &RandomResizedCropArguments::interpolation, "how pixels are made of those around them", {},
                    smooth_interpolations());
  return random_resized_crop;
}

/// The middle of an image, as much of it as the proportions allow: for images in which no random part has a place.
Box middle_box(const RandomResizedCropArguments& arguments, const Shape& in) {
  const double ratio = static_cast<double>(in.width) / static_cast<double>(in.height);
  Box box{0, 0, in.height, in.width};
  if (ratio < arguments.ratio.low)
    box.height = std::clamp<std::int64_t>(std::llround(static_cast<double>(in.width) / arguments.ratio.low), 1, in.height);
  if (ratio > arguments.ratio.high)
    box.width = std::clamp<std::int64_t>(std::llround(static_cast<double>(in.height) * arguments.ratio.high), 1, in.width);
  box.top = (in.height - box.height) / 2;
  box.left = (in.width - box.width) / 2;
  return box;
}

Box draw_box(const RandomResizedCropArguments& arguments, const Shape& in, Random& random) {
  const std::optional<Box> box = draw_box_of_area(in, arguments.scale, arguments.ratio, 0, random);
  return box.value_or(middle_box(arguments, in));
}

Transform build(const RandomResizedCropArguments& arguments) {
  const Interpolation interpolation = interpolation_of(arguments.interpolation);
  const Size size = arguments.size;
  Transform transform;
  transform.shape = [size](const Shape& in) { return Shape{in.channels, size.height, size.width}; };
  transform.bytes = [arguments, interpolation](Image& image, Random& random) {
    image = resample(image, draw_box(arguments, image.shape, random), arguments.size, interpolation);
  };
  if (interpolation == Interpolation::nearest) return transform;  // it picks single pixels, not means of them as a smaller decoding has
  transform.shrinks = [arguments](const Shape& in, Random random) {
    const Box box = draw_box(arguments, in, random);
    return std::min(static_cast<double>(box.height) / static_cast<double>(arguments.size.height),
                    static_cast<double>(box.width) / static_cast<double>(arguments.size.width));
  };
  return transform;
}

}  // namespace

TransformType random_resized_crop_transform() { return transform_type(schema(), build); }

}  // namespace cnnctl
