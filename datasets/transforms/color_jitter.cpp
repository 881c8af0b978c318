#include <algorithm>
#include <array>
#include <utility>

#include "datasets/images/color.h"
#include "datasets/transforms/sizes.h"
#include "datasets/transforms/transforms.h"

namespace cnnctl {
namespace {

struct ColorJitterArguments {
  Spread brightness;
  Spread contrast;
  Spread saturation;
  Spread hue;
};

const Schema<ColorJitterArguments>& schema() {
  static const Schema<ColorJitterArguments> color_jitter =
      Schema<ColorJitterArguments>("color_jitter", "Brightness, contrast, saturation and hue, changed in random order.",
                                   "torchvision.transforms.ColorJitter")
          .optional("brightness", &ColorJitterArguments::brightness, "factor; one number x for [1 - x, 1 + x], no less than 0", at_least(0))
          .optional("contrast", &ColorJitterArguments::contrast, "factor, as brightness", at_least(0))
          .optional("saturation", &ColorJitterArguments::saturation, "factor, as brightness", at_least(0))
          .optional("hue", &ColorJitterArguments::hue, "part of the colour circle; one number x for [-x, x]", between(-0.5, 0.5));
  return color_jitter;
}

Spread factor_range(const Spread& spread) { return spread.single ? Spread{false, std::max(0.0, 1 - spread.low), 1 + spread.low} : spread; }

/// One of the four changes: drawn from `range`; `idle` changes nothing.
struct Change {
  Spread range;
  double idle = 1;
  void (*adjust)(Image&, double);
};

Transform build(const ColorJitterArguments& arguments) {
  const std::array<Change, 4> changes = {{{factor_range(arguments.brightness), 1, adjust_brightness},
                                          {factor_range(arguments.contrast), 1, adjust_contrast},
                                          {factor_range(arguments.saturation), 1, adjust_saturation},
                                          {around_zero(arguments.hue), 0, adjust_hue}}};
  Transform transform;
  transform.shape = [](const Shape& in) { return require_color_or_grey(in, "color_jitter"); };
  transform.bytes = [changes](Image& image, Random& random) {
    std::array<Change, 4> order = changes;
    for (std::uint32_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random.below(left)]);
    for (const Change& change : order) {
      const double value = random.between(change.range.low, change.range.high);
      if (value != change.idle) change.adjust(image, value);
    }
  };
  return transform;
}

}  // namespace

TransformType color_jitter_transform() { return transform_type(schema(), build); }

}  // namespace cnnctl
