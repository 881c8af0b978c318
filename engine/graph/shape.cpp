#include "engine/graph/shape.h"

#include <limits>

#include <fmt/format.h>

namespace cnnctl {
namespace {

/// The padding's part of the arithmetic: " + 2*2" where both sides are equal.
std::string padding_arithmetic(const Window& window) {
  if (window.padding_begin == 0 && window.padding_end == 0) return "";
  if (window.padding_begin == window.padding_end) return fmt::format(" + 2*{}", window.padding_begin);
  return fmt::format(" + {} + {}", window.padding_begin, window.padding_end);
}

}  // namespace

std::string to_string(const Shape& shape) {
  if (shape.flat) return std::to_string(shape.channels);
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

std::int64_t window_span(const Window& window) { return checked_sum(checked_product(window.dilation, window.kernel - 1), 1); }

std::int64_t padded_size(std::int64_t in, const Window& window) {
  return checked_sum(in, checked_sum(window.padding_begin, window.padding_end));
}

std::int64_t window_output(std::int64_t in, const Window& window) {
  const std::int64_t span = window_span(window);
  const std::int64_t padded = padded_size(in, window);
  if (span > padded) throw ShapeError(fmt::format("a window of {} pixels does not fit into an input of {} pixels", span, padded));
  return (padded - span) / window.stride + 1;
}

std::string window_arithmetic(std::int64_t in, const Window& window) {
  const std::string span =
      window.dilation == 1 ? std::to_string(window.kernel) : fmt::format("{}*({} - 1) - 1", window.dilation, window.kernel);
  return fmt::format("({} - {}{}) / {} + 1 = {}", in, span, padding_arithmetic(window), window.stride, window_output(in, window));
}

std::int64_t checked_product(std::int64_t a, std::int64_t b) {
  if (b != 0 && a > std::numeric_limits<std::int64_t>::max() / b) throw ShapeError(fmt::format("{} * {} is too large", a, b));
  return a * b;
}

std::int64_t checked_sum(std::int64_t a, std::int64_t b) {
  if (a > std::numeric_limits<std::int64_t>::max() - b) throw ShapeError(fmt::format("{} + {} is too large", a, b));
  return a + b;
}

}  // namespace cnnctl
