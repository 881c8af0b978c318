#include "datasets/transforms/sizes.h"

#include <fmt/format.h>

#include <cmath>

namespace cnnctl {

Shape require_color_or_grey(const Shape& in, const char* transform) {
  if (in.channels == 1 || in.channels == 3) return in;
  throw InputError(fmt::format("{}: takes images of 1 or 3 channels, not of {}", transform, in.channels));
}

Spread around_zero(const Spread& spread) {
  if (!spread.single) return spread;
  const double most = std::abs(spread.low);
  return {false, -most, most};
}

const std::vector<std::string>& smooth_interpolations() {
  static const std::vector<std::string> names = {"nearest", "bilinear", "bicubic"};
  return names;
}

const std::vector<std::string>& warp_interpolations() {
  static const std::vector<std::string> names = {"nearest", "bilinear"};
  return names;
}

}  // namespace cnnctl
