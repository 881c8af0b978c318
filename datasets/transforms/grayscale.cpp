#include "datasets/images/color.h"
#include "datasets/transforms/sizes.h"
#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct GrayscaleArguments {
  std::int64_t num_output_channels = 1;
};

const Schema<GrayscaleArguments>& schema() {
  static const Schema<GrayscaleArguments> grayscale =
      Schema<GrayscaleArguments>("grayscale", "The luminance alone, without colours.", "torchvision.transforms.Grayscale")
          .optional("num_output_channels", &GrayscaleArguments::num_output_channels, "1, or 3 for three equal ones", between(1, 3));
  return grayscale;
}

void check(const Value& value, const Place& place, Diagnostics& diagnostics) {
  const std::optional<GrayscaleArguments> arguments = schema().read(value, place, diagnostics);
  if (arguments && arguments->num_output_channels == 2)
    diagnostics.error(value.find("num_output_channels")->place, "num_output_channels of grayscale must be 1 or 3, not 2");
}

Transform build(const GrayscaleArguments& arguments) {
  const std::int64_t channels = arguments.num_output_channels;
  Transform transform;
  transform.shape = [channels](const Shape& in) {
    require_color_or_grey(in, "grayscale");
    return Shape{channels, in.height, in.width};
  };
  transform.bytes = [channels](Image& image, Random&) {
    const std::vector<std::uint8_t> grey = luminance(image);
    image.shape.channels = channels;
    image.pixels.clear();
    for (std::int64_t c = 0; c < channels; ++c) image.pixels.insert(image.pixels.end(), grey.begin(), grey.end());
  };
  return transform;
}

}  // namespace

TransformType grayscale_transform() {
  TransformType type = transform_type(schema(), build);
  type.choice.check = check;
  return type;
}

}  // namespace cnnctl
