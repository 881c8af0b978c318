#include <array>
#include <cmath>
#include <numbers>

#include "datasets/images/color.h"
#include "datasets/images/warp.h"
#include "datasets/transforms/sizes.h"
#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct TrivialAugmentArguments {
  std::int64_t num_magnitude_bins = 31;
  std::string interpolation = "nearest";
  std::int64_t fill = 0;
};

const Schema<TrivialAugmentArguments>& schema() {
  static const Schema<TrivialAugmentArguments> trivial_augment =
      Schema<TrivialAugmentArguments>("trivial_augment_wide", "One of 14 changes of shape or colour, with a random strength.",
                                      "torchvision.transforms.TrivialAugmentWide")
          .optional("num_magnitude_bins", &TrivialAugmentArguments::num_magnitude_bins, "number of different strengths", between(2, 1000))
          .optional("interpolation", &TrivialAugmentArguments::interpolation, "how pixels are made of those around them", {},
                    warp_interpolations())
          .optional("fill", &TrivialAugmentArguments::fill, "value of pixels that come from outside", between(0, 255));
  return trivial_augment;
}

/// How a turned or sheared image is drawn.
struct Drawing {
  Interpolation interpolation;
  std::uint8_t fill;
};

void shear(Image& image, double slope_x, double slope_y, const Drawing& drawing) {
  const auto degrees = [](double slope) { return std::atan(slope) * 180 / std::numbers::pi; };
  const AffineMap map = affine_map({.shear_x = degrees(slope_x), .shear_y = degrees(slope_y)}, 0, 0);
  image = warp(image, map, drawing.interpolation, drawing.fill);
}

void translate(Image& image, double x, double y, const Drawing& drawing) {
  const AffineMap map = affine_map({.translate_x = std::trunc(x), .translate_y = std::trunc(y)}, 0, 0);
  image = warp(image, map, drawing.interpolation, drawing.fill);
}

/// One of the changes: its strength goes from `least` to `most`, with either sign where `is_signed`.
struct Change {
  double least = 0;
  double most = 0;
  bool is_signed = false;
  void (*apply)(Image& image, double strength, const Drawing& drawing);
};

/// Source: Müller and Hutter, TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation, the wide space.
constexpr std::array<Change, 14> changes = {{
    {0, 0, false, [](Image&, double, const Drawing&) {}},
    {0, 0.99, true, [](Image& image, double strength, const Drawing& drawing) { shear(image, strength, 0, drawing); }},
    {0, 0.99, true, [](Image& image, double strength, const Drawing& drawing) { shear(image, 0, strength, drawing); }},
    {0, 32, true, [](Image& image, double strength, const Drawing& drawing) { translate(image, strength, 0, drawing); }},
    {0, 32, true, [](Image& image, double strength, const Drawing& drawing) { translate(image, 0, strength, drawing); }},
    {0, 135, true,
     [](Image& image, double strength, const Drawing& drawing) {
       image = warp(image, rotation_map(image.shape, strength), drawing.interpolation, drawing.fill);
     }},
    {0, 0.99, true, [](Image& image, double strength, const Drawing&) { adjust_brightness(image, 1 + strength); }},
    {0, 0.99, true, [](Image& image, double strength, const Drawing&) { adjust_saturation(image, 1 + strength); }},
    {0, 0.99, true, [](Image& image, double strength, const Drawing&) { adjust_contrast(image, 1 + strength); }},
    {0, 0.99, true, [](Image& image, double strength, const Drawing&) { adjust_sharpness(image, 1 + strength); }},
    {8, 2, false, [](Image& image, double strength, const Drawing&) { posterize(image, static_cast<int>(std::nearbyint(strength))); }},
    {255, 0, false, [](Image& image, double strength, const Drawing&) { solarize(image, strength); }},
    {0, 0, false, [](Image& image, double, const Drawing&) { stretch_contrast(image); }},
    {0, 0, false, [](Image& image, double, const Drawing&) { equalize(image); }},
}};

void augment(Image& image, std::int64_t bins, const Drawing& drawing, Random& random) {
  const Change& change = changes[random.below(changes.size())];
  const double share = random.below(static_cast<std::uint32_t>(bins)) / static_cast<double>(bins - 1);
  const double strength = change.least + share * (change.most - change.least);
  const bool negative = random.below(2) == 1 && change.is_signed;
  change.apply(image, negative ? -strength : strength, drawing);
}

Transform build(const TrivialAugmentArguments& arguments) {
  const Drawing drawing{interpolation_of(arguments.interpolation), static_cast<std::uint8_t>(arguments.fill)};
  Transform transform;
  transform.shape = [](const Shape& in) { return require_color_or_grey(in, "trivial_augment_wide"); };
  transform.bytes = [bins = arguments.num_magnitude_bins, drawing](Image& image, Random& random) { augment(image, bins, drawing, random); };
  return transform;
}

}  // namespace

TransformType trivial_augment_wide_transform() { return transform_type(schema(), build); }

}  // namespace cnnctl
