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

/// Pixels that are left over behind the last whole window.
std::int64_t rest(std::int64_t in, const Window& window) { return (padded_size(in, window) - window_span(window)) % window.stride; }

/// Whether the window after the last whole one would start past the input.
bool starts_outside(std::int64_t in, const Window& window) {
  const std::int64_t beyond = padded_size(in, window) - window_span(window) - rest(in, window);
  return window.ceil && rest(in, window) > 0 && window.stride >= checked_sum(in, window.padding_begin) - beyond;
}

/// Whether a window that is not whole follows the last whole one.
bool hangs_over(std::int64_t in, const Window& window) { return window.ceil && rest(in, window) > 0 && !starts_outside(in, window); }

}  // namespace

std::string to_string(const Shape& shape) {
  if (shape.flat) return std::to_string(shape.channels);
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

std::int64_t window_span(const Window& window) { return checked_sum(checked_product(window.dilation, window.kernel - 1), 1); }

std::int64_t padded_size(std::int64_t in, const Window& window) {
  return checked_sum(in, checked_sum(window.padding_begin, window.padding_end));
}

bool window_fits(std::int64_t in, const Window& window) {
  const std::int64_t overhang = window_span(window) - padded_size(in, window);
  return overhang <= 0 || (window.ceil && overhang < window.stride);
}

std::int64_t window_output(std::int64_t in, const Window& window) {
  const std::int64_t span = window_span(window);
  const std::int64_t padded = padded_size(in, window);
  if (!window_fits(in, window))
    throw ShapeError(fmt::format("a window of {} pixels does not fit into an input of {} pixels", span, padded));
  if (span > padded) return 1;
  return (padded - span) / window.stride + 1 + (hangs_over(in, window) ? 1 : 0);
}

std::string window_arithmetic(std::int64_t in, const Window& window) {
  const std::string span =
      window.dilation == 1 ? std::to_string(window.kernel) : fmt::format("{}*({} - 1) - 1", window.dilation, window.kernel);
  const std::string steps = fmt::format("({} - {}{}) / {}", in, span, padding_arithmetic(window), window.stride);
  const std::int64_t out = window_output(in, window);
  if (!window.ceil) return fmt::format("{} + 1 = {}", steps, out);
  return fmt::format("ceil({}) + 1{} = {}", steps, starts_outside(in, window) ? " - 1" : "", out);
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
