#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace cnnctl {

struct Point {
  double x = 0;
  double y = 0;
};

/// A line through points: straight from one to the next, or a curve (Catmull and Rom's spline).
struct Stroke {
  bool curved = false;
  std::vector<Point> points;
};

/// The straight pieces that stand for a stroke.
std::vector<Point> flatten(const Stroke& stroke);

/// A square grey image on which lines are drawn.
class Canvas {
 public:
  static constexpr int side = 28;  // pixels
  using Grey = std::array<float, side * side>;

  Canvas() { squared_distance_.fill(far); }

  /// Draws a line through `points`, in pixels from the upper left corner; pixels further than `reach` from it are left alone.
  void draw(const std::vector<Point>& points, double reach);

  /// How much of each pixel lines of this thickness cover, in [0, 1]; their edges are `softness` wide. Both in pixels;
  /// (thickness + softness) / 2 is at most the reach that the lines were drawn with.
  Grey coverage(double thickness, double softness) const;

 private:
  static constexpr float far = 1e6F;
  Grey squared_distance_;  // of each pixel's centre to the nearest line
};

}  // namespace cnnctl
