#include <algorithm>
#include <cmath>

#include "datasets/images/warp.h"
#include "datasets/transforms/sizes.h"
#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct AffineArguments {
  Spread degrees;
  std::vector<double> translate = {0, 0};
  Spread scale = {true, 1, 1};
  std::vector<double> shear = {0, 0};
  std::string interpolation = "nearest";
  std::int64_t fill = 0;
};

const Schema<AffineArguments>& schema() {
  static const Schema<AffineArguments> affine =
      Schema<AffineArguments>("affine", "A turn, a move, a scaling and a shear about the image's middle.",
                              "torchvision.transforms.RandomAffine")
          .required("degrees", &AffineArguments::degrees, "of the turn, with the clock; one number x for [-x, x]", between(-360, 360))
          .optional("translate", &AffineArguments::translate, "greatest move to each side: [of the width, of the height]", between(0, 1))
          .optional("scale", &AffineArguments::scale, "factor of the size", between(0.01, 100))
          .optional("shear", &AffineArguments::shear, "degrees: [low, high] along x, or [low, high, low, high] along x and y",
                    from_below(-89.9, 89.9))
          .optional("interpolation", &AffineArguments::interpolation, "how pixels are made of those around them", {}, warp_interpolations())
          .optional("fill", &AffineArguments::fill, "value of pixels that come from outside", between(0, 255));
  return affine;
}

/// Beyond each argument by itself, how many numbers the lists have.
void check(const Value& value, const Place& place, Diagnostics& diagnostics) {
  const std::optional<AffineArguments> arguments = schema().read(value, place, diagnostics);
  if (!arguments) return;
  if (arguments->translate.size() != 2)
    diagnostics.error(value.find("translate")->place, "translate of affine must be two numbers: [of the width, of the height]");
  const std::vector<double>& shear = arguments->shear;
  const bool paired = shear.size() == 2 || shear.size() == 4;
  if (!paired || shear[0] > shear[1] || (shear.size() == 4 && shear[2] > shear[3]))
    diagnostics.error(value.find("shear")->place, "shear of affine must be [low, high] or [low, high, low, high]");
}

AffineParameters draw(const AffineArguments& arguments, const Shape& shape, Random& random) {
  AffineParameters drawn;
  const Spread degrees = around_zero(arguments.degrees);
  const auto whole_pixels = [&](double share, std::int64_t side) {
    const double most = share * static_cast<double>(side);
    return std::nearbyint(random.between(-most, most));
  };
  drawn.degrees = random.between(degrees.low, degrees.high);
  drawn.translate_x = whole_pixels(arguments.translate[0], shape.width);
  drawn.translate_y = whole_pixels(arguments.translate[1], shape.height);
  drawn.scale = random.between(arguments.scale.low, arguments.scale.high);
  drawn.shear_x = random.between(arguments.shear[0], arguments.shear[1]);
  if (arguments.shear.size() == 4) drawn.shear_y = random.between(arguments.shear[2], arguments.shear[3]);
  return drawn;
}

Transform build(const AffineArguments& arguments) {
  Transform transform;
  transform.bytes = [arguments, interpolation = interpolation_of(arguments.interpolation)](Image& image, Random& random) {
    const AffineMap map = affine_map(draw(arguments, image.shape, random), static_cast<double>(image.shape.width) / 2,
                                     static_cast<double>(image.shape.height) / 2);
    image = warp(image, map, interpolation, static_cast<std::uint8_t>(arguments.fill));
  };
  return transform;
}

}  // namespace

TransformType affine_transform() {
  TransformType type = transform_type(schema(), build);
  type.choice.check = check;
  return type;
}

}  // namespace cnnctl
