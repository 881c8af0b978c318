#include "datasets/transforms/random_box.h"

#include <cmath>

namespace cnnctl {

std::optional<Box> draw_box_of_area(const Shape& in, const Spread& area, const Spread& ratio, std::int64_t margin, Random& random) {
  constexpr int tries = 10;
  const double whole = static_cast<double>(in.height) * static_cast<double>(in.width);
  for (int i = 0; i < tries; ++i) {
    const double target = whole * random.between(area.low, area.high);
    const double aspect = std::exp(random.between(std::log(ratio.low), std::log(ratio.high)));
    const double width = std::nearbyint(std::sqrt(target * aspect)), height = std::nearbyint(std::sqrt(target / aspect));
    const bool fits = width <= static_cast<double>(in.width - margin) && height <= static_cast<double>(in.height - margin);
    if (!fits || width < 1 || height < 1) continue;
    Box box{0, 0, static_cast<std::int64_t>(height), static_cast<std::int64_t>(width)};
    box.top = random.below(static_cast<std::uint32_t>(in.height - box.height + 1));
    box.left = random.below(static_cast<std::uint32_t>(in.width - box.width + 1));
    return box;
  }
  return std::nullopt;
}

}  // namespace cnnctl
