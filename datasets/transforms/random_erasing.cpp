#include <algorithm>

#include "datasets/transforms/random_box.h"
#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct RandomErasingArguments {
  double p = 0.5;
  Spread scale = {false, 0.02, 0.33};
  Spread ratio = {false, 0.3, 3.3};
  std::optional<double> value = 0;
};

const Schema<RandomErasingArguments>& schema() {
  static const Schema<RandomErasingArguments> random_erasing =
      Schema<RandomErasingArguments>("random_erasing", "A rectangle of the normalized image is overwritten; stands last.",
                                     "torchvision.transforms.RandomErasing")
          .optional("p", &RandomErasingArguments::p, "probability that an image loses a rectangle", between(0, 1))
          .optional("scale", &RandomErasingArguments::scale, "area of the rectangle, of the image's", between(1e-6, 1))
          .optional("ratio", &RandomErasingArguments::ratio, "height of the rectangle by its width", between(1e-3, 1e3))
          .optional("value", &RandomErasingArguments::value, "what is written; none: a normally distributed number for each pixel");
  return random_erasing;
}

Transform build(const RandomErasingArguments& arguments) {
  Transform transform;
  transform.floats = [arguments](std::span<float> pixels, const Shape& shape, Random& random) {
    if (random.between(0, 1) >= arguments.p) return;
    const Spread width_by_height{false, 1 / arguments.ratio.high, 1 / arguments.ratio.low};
    const std::optional<Box> box = draw_box_of_area(shape, arguments.scale, width_by_height, 1, random);
    if (!box) return;
    for (std::int64_t c = 0; c < shape.channels; ++c)
      for (std::int64_t y = box->top; y < box->top + box->height; ++y) {
        const auto row = pixels.subspan(static_cast<std::size_t>((c * shape.height + y) * shape.width + box->left),
                                        static_cast<std::size_t>(box->width));
        for (float& pixel : row) pixel = static_cast<float>(arguments.value ? *arguments.value : random.normal());
      }
  };
  return transform;
}

}  // namespace

TransformType random_erasing_transform() { return transform_type(schema(), build); }

}  // namespace cnnctl
