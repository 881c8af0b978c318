#include <fmt/format.h>

#include <algorithm>

#include "datasets/images/crop.h"
#include "datasets/transforms/sizes.h"
#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct RandomCropArguments {
  Size size;
  Size padding;
  bool pad_if_needed = false;
  std::int64_t fill = 0;
  std::string padding_mode = "constant";
};

const Schema<RandomCropArguments>& schema() {
  static const Schema<RandomCropArguments> random_crop =
      Schema<RandomCropArguments>("random_crop", "A part of the image, anywhere in it.", "torchvision.transforms.RandomCrop")
          .required("size", &RandomCropArguments::size, "of the result, in pixels", side_range())
          .optional("padding", &RandomCropArguments::padding, "pixels added on each side before", between(0, 4096))
          .optional("pad_if_needed", &RandomCropArguments::pad_if_needed, "add pixels where the image is smaller than the result")
          .optional("fill", &RandomCropArguments::fill, "value of added pixels, where padding_mode is constant", between(0, 255))
          .optional("padding_mode", &RandomCropArguments::padding_mode, "what the added pixels are", {},
                    {"constant", "edge", "reflect", "symmetric"});
  return random_crop;
}

/// Pixels added on each side of an image of `in`.
Size padding_of(const RandomCropArguments& arguments, const Shape& in) {
  const auto side = [&](std::int64_t size, std::int64_t padding, std::int64_t wanted) {
    const std::int64_t missing = arguments.pad_if_needed ? wanted - size - 2 * padding : 0;
    return padding + std::max<std::int64_t>(missing, 0);
  };
  return {side(in.height, arguments.padding.height, arguments.size.height), side(in.width, arguments.padding.width, arguments.size.width)};
}

void require_room(const RandomCropArguments& arguments, const Shape& in) {
  const Size padding = padding_of(arguments, in);
  if (in.height + 2 * padding.height >= arguments.size.height && in.width + 2 * padding.width >= arguments.size.width) return;
  throw UnfitImage(
      fmt::format("random_crop: {} pixels do not fit into an image of {}x{} with padding {}; resize it before, or set pad_if_needed",
                  to_string(arguments.size), in.height, in.width, to_string(padding)));
}

/// One of 0 ... count - 1.
std::int64_t draw(Random& random, std::int64_t count) { return random.below(static_cast<std::uint32_t>(count)); }

void crop_anywhere(const RandomCropArguments& arguments, PaddingMode mode, Image& image, Random& random) {
  require_room(arguments, image.shape);
  const Size padding = padding_of(arguments, image.shape);
  const std::int64_t top = draw(random, image.shape.height + 2 * padding.height - arguments.size.height + 1);
  const std::int64_t left = draw(random, image.shape.width + 2 * padding.width - arguments.size.width + 1);
  image = crop(image, {top - padding.height, left - padding.width, arguments.size.height, arguments.size.width}, mode,
               static_cast<std::uint8_t>(arguments.fill));
}

Transform build(const RandomCropArguments& arguments) {
  Transform transform;
  transform.shape = [arguments](const Shape& in) {
    if (in.height > 0 && in.width > 0) require_room(arguments, in);
    return Shape{in.channels, arguments.size.height, arguments.size.width};
  };
  transform.bytes = [arguments, mode = padding_mode_of(arguments.padding_mode)](Image& image, Random& random) {
    crop_anywhere(arguments, mode, image, random);
  };
  return transform;
}

}  // namespace

TransformType random_crop_transform() { return transform_type(schema(), build); }

}  // namespace cnnctl
