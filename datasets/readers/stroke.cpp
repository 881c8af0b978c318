#include "datasets/readers/stroke.h"

#include <algorithm>
#include <cmath>

namespace cnnctl {
namespace {

constexpr int pieces_per_span = 5;

/// A point of the spline's span from b to c, at t in [0, 1]; a and d are the neighbours.
double spline(double a, double b, double c, double d, double t) {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/// A straight piece, with what every distance to it needs.
class Piece {
 public:
  Piece(Point from, Point to) : from_(from), along_{to.x - from.x, to.y - from.y} {
    const double squared_length = along_.x * along_.x + along_.y * along_.y;
    if (squared_length > 0) scale_ = 1 / squared_length;
  }

  double squared_distance(Point p) const {
    const Point start{p.x - from_.x, p.y - from_.y};
    const double t = std::clamp((start.x * along_.x + start.y * along_.y) * scale_, 0.0, 1.0);
    const Point rest{start.x - t * along_.x, start.y - t * along_.y};
    return rest.x * rest.x + rest.y * rest.y;
  }

 private:
  Point from_;
  Point along_;
  double scale_ = 0;
};

/// The first and the last pixel that [low - reach, high + reach] touches, within the canvas.
int first_pixel(double low, double reach) { return std::clamp(static_cast<int>(std::floor(low - reach)), 0, Canvas::side); }
int last_pixel(double high, double reach) { return std::clamp(static_cast<int>(std::ceil(high + reach)), 0, Canvas::side); }

}  // namespace

std::vector<Point> flatten(const Stroke& stroke) {
  if (!stroke.curved) return stroke.points;
  const std::vector<Point>& p = stroke.points;
  const bool closed = p.front().x == p.back().x && p.front().y == p.back().y;
  const std::size_t last = p.size() - 1;
  std::vector<Point> result = {p.front()};
  for (std::size_t i = 0; i < last; ++i) {
    const Point before = i > 0 ? p[i - 1] : closed ? p[last - 1] : p[0];
    const Point after = i + 1 < last ? p[i + 2] : closed ? p[1] : p[last];
    for (int piece = 1; piece <= pieces_per_span; ++piece) {
      const double t = static_cast<double>(piece) / pieces_per_span;
      result.push_back({spline(before.x, p[i].x, p[i + 1].x, after.x, t), spline(before.y, p[i].y, p[i + 1].y, after.y, t)});
    }
  }
  return result;
}

void Canvas::draw(const std::vector<Point>& points, double reach) {
  for (std::size_t i = 1; i < points.size(); ++i) {
    const Point from = points[i - 1];
    const Point to = points[i];
    const Piece piece(from, to);
    const int begin_x = first_pixel(std::min(from.x, to.x), reach);
    const int end_x = last_pixel(std::max(from.x, to.x), reach);
    const int end_y = last_pixel(std::max(from.y, to.y), reach);
    for (int y = first_pixel(std::min(from.y, to.y), reach); y < end_y; ++y)
      for (int x = begin_x; x < end_x; ++x) {
        float& nearest = squared_distance_[static_cast<std::size_t>(y * side + x)];
        nearest = std::min(nearest, static_cast<float>(piece.squared_distance({x + 0.5, y + 0.5})));
      }
  }
}

Canvas::Grey Canvas::coverage(double thickness, double softness) const {
  Grey result{};
  const double reach = (thickness + softness) / 2;
  for (std::size_t i = 0; i < result.size(); ++i) {
    const double squared = static_cast<double>(squared_distance_[i]);
    if (squared < reach * reach) result[i] = static_cast<float>(std::min(1.0, (reach - std::sqrt(squared)) / softness));
  }
  return result;
}

}  // namespace cnnctl
