#include "datasets/images/warp.h"
#include "datasets/transforms/sizes.h"
#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct RotationArguments {
  Spread degrees;
  std::string interpolation = "nearest";
  std::int64_t fill = 0;
};

const Schema<RotationArguments>& schema() {
  static const Schema<RotationArguments> rotation =
      Schema<RotationArguments>("rotation", "A turn about the image's middle.", "torchvision.transforms.RandomRotation")
          .required("degrees", &RotationArguments::degrees, "one number x for [-x, x]; against the clock", between(-360, 360))
          .optional("interpolation", &RotationArguments::interpolation, "how pixels are made of those around them", {},
                    warp_interpolations())
          .optional("fill", &RotationArguments::fill, "value of the corners that come from outside", between(0, 255));
  return rotation;
}

Transform build(const RotationArguments& arguments) {
  Transform transform;
  transform.bytes = [degrees = around_zero(arguments.degrees), interpolation = interpolation_of(arguments.interpolation),
                     fill = static_cast<std::uint8_t>(arguments.fill)](Image& image, Random& random) {
    image = warp(image, rotation_map(image.shape, random.between(degrees.low, degrees.high)), interpolation, fill);
  };
  return transform;
}

}  // namespace

TransformType rotation_transform() { return transform_type(schema(), build); }

}  // namespace cnnctl
