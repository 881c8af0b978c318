#include <algorithm>

#include "datasets/images/resample.h"
#include "datasets/transforms/sizes.h"
#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct ResizeArguments {
  ImageSize size;
  std::string interpolation = "bilinear";
};

const Schema<ResizeArguments>& schema() {
  static const Schema<ResizeArguments> resize =
      Schema<ResizeArguments>("resize", "Another size, with antialiasing.", "torchvision.transforms.Resize")
          .required("size", &ResizeArguments::size, "of the shorter side, the other in proportion; or [height, width]", side_range())
          .optional("interpolation", &ResizeArguments::interpolation, "how pixels are made of those around them", {},
                    smooth_interpolations());
  return resize;
}

/// The size that an image of `in` gets; a side that is not known stays so.
Size target_size(const ImageSize& size, const Shape& in) {
  if (!size.shorter_side) return size.size;
  if (in.height == 0 || in.width == 0) return {0, 0};
  const std::int64_t side = size.size.height;
  if (in.width <= in.height) return {side * in.height / in.width, side};
  return {side, side * in.width / in.height};
}

Transform build(const ResizeArguments& arguments) {
  const Interpolation interpolation = interpolation_of(arguments.interpolation);
  const ImageSize size = arguments.size;
  Transform transform;
  transform.shape = [size](const Shape& in) {
    const Size to = target_size(size, in);
    return Shape{in.channels, to.height, to.width};
  };
  transform.bytes = [size, interpolation](Image& image, Random&) {
    const Size to = target_size(size, image.whole());
    if (to.height == image.shape.height && to.width == image.shape.width) return;
    image = resample(image, {0, 0, image.shape.height, image.shape.width}, to, interpolation);
  };
  if (interpolation == Interpolation::nearest) return transform;  // it picks single pixels, not means of them as a smaller decoding has
  transform.shrinks = [size](const Shape& in, Random) {
    const Size to = target_size(size, in);
    return std::min(static_cast<double>(in.height) / static_cast<double>(to.height),
                    static_cast<double>(in.width) / static_cast<double>(to.width));
  };
  return transform;
}

}  // namespace

TransformType resize_transform() { return transform_type(schema(), build); }

}  // namespace cnnctl
