#include <cmath>

#include "datasets/images/crop.h"
#include "datasets/transforms/sizes.h"
#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct CenterCropArguments {
  Size size;
};

const Schema<CenterCropArguments>& schema() {
  static const Schema<CenterCropArguments> center_crop =
      Schema<CenterCropArguments>("center_crop", "The middle of the image; black around it where the image is smaller.",
                                  "torchvision.transforms.CenterCrop")
          .required("size", &CenterCropArguments::size, "of the result, in pixels", side_range());
  return center_crop;
}

/// The first of `size` pixels in the middle of `whole`: rounded to even where the image is cut, up where black is added before it.
std::int64_t middle(std::int64_t whole, std::int64_t size) {
  if (size > whole) return -((size - whole) / 2);
  return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(whole - size) / 2));
}

Transform build(const CenterCropArguments& arguments) {
  const Size size = arguments.size;
  Transform transform;
  transform.shape = [size](const Shape& in) { return Shape{in.channels, size.height, size.width}; };
  transform.bytes = [size](Image& image, Random&) {
    image = crop(image, {middle(image.shape.height, size.height), middle(image.shape.width, size.width), size.height, size.width});
  };
  return transform;
}

}  // namespace

TransformType center_crop_transform() { return transform_type(schema(), build); }

}  // namespace cnnctl
