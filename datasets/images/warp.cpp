#include "datasets/images/warp.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cnnctl {
namespace {

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

/// The mean of the four pixels around (x, y), weighted by how near they are; at the edge the outermost pixels go on. The fraction is cut
/// off, as Pillow does.
std::uint8_t blend_around(const std::uint8_t* plane, const Shape& shape, double x, double y) {
  const double left = std::floor(x - 0.5), top = std::floor(y - 0.5);
  const double dx = x - 0.5 - left, dy = y - 0.5 - top;
  const auto column = [&](double at) { return std::clamp<std::int64_t>(static_cast<std::int64_t>(at), 0, shape.width - 1); };
  const auto row = [&](double at) {
    return plane + std::clamp<std::int64_t>(static_cast<std::int64_t>(at), 0, shape.height - 1) * shape.width;
  };
  const std::uint8_t *upper = row(top), *lower = row(top + 1);
  const std::int64_t first = column(left), second = column(left + 1);
  const double above = upper[first] + (upper[second] - upper[first]) * dx;
  const double below = lower[first] + (lower[second] - lower[first]) * dx;
  return static_cast<std::uint8_t>(above + (below - above) * dy);
}

}  // namespace

Image warp(const Image& image, const AffineMap& map, Interpolation interpolation, std::uint8_t fill) {
  const Shape& shape = image.shape;
  Image result{shape, std::vector<std::uint8_t>(image.pixels.size(), fill)};
  const auto width = static_cast<double>(shape.width), height = static_cast<double>(shape.height);
  std::size_t to = 0;
  for (std::int64_t row = 0; row < shape.height; ++row)
    for (std::int64_t column = 0; column < shape.width; ++column, ++to) {
      const double x_out = static_cast<double>(column) + 0.5, y_out = static_cast<double>(row) + 0.5;
      const double x = map[0] * x_out + map[1] * y_out + map[2], y = map[3] * x_out + map[4] * y_out + map[5];
      if (!(x >= 0 && x < width && y >= 0 && y < height)) continue;
      const auto nearest = static_cast<std::size_t>(static_cast<std::int64_t>(y) * shape.width + static_cast<std::int64_t>(x));
      for (std::int64_t c = 0; c < shape.channels; ++c)
        result.plane(c)[to] =
            interpolation == Interpolation::nearest ? image.plane(c)[nearest] : blend_around(image.plane(c).data(), shape, x, y);
    }
  return result;
}

AffineMap rotation_map(const Shape& shape, double degrees) {
  // To 15 digits as Pillow does, so that quarter turns are exact.
  const auto rounded = [](double value) { return std::nearbyint(value * 1e15) / 1e15; };
  const double cosine = rounded(std::cos(radians(degrees))), sine = rounded(std::sin(radians(degrees)));
  const double x = static_cast<double>(shape.width) / 2, y = static_cast<double>(shape.height) / 2;
  return {cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y};
}

AffineMap affine_map(const AffineParameters& parameters, double center_x, double center_y) {
  const double turn = radians(parameters.degrees), shear_x = radians(parameters.shear_x), shear_y = radians(parameters.shear_y);
  // The map forward is turn * shear_y * shear_x; this is its inverse.
  const double a = std::cos(turn - shear_y) / std::cos(shear_y);
  const double b = -a * std::tan(shear_x) - std::sin(turn);
  const double c = std::sin(turn - shear_y) / std::cos(shear_y);
  const double d = -c * std::tan(shear_x) + std::cos(turn);
  AffineMap map = {d / parameters.scale, -b / parameters.scale, 0, -c / parameters.scale, a / parameters.scale, 0};
  const double x = center_x + parameters.translate_x, y = center_y + parameters.translate_y;
  map[2] = center_x - map[0] * x - map[1] * y;
  map[5] = center_y - map[3] * x - map[4] * y;
  return map;
}

}  // namespace cnnctl
