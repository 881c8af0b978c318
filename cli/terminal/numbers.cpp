#include "cli/terminal/numbers.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace cnnctl {

std::string with_separators(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t first_digit = number < 0 ? 1 : 0;
  for (std::size_t i = text.size(); i > first_digit + 3;) {
    i -= 3;
    text.insert(i, ",");
  }
  return text;
}

std::string readable_bytes(std::int64_t bytes) {
  static constexpr std::array<const char*, 4> units = {"kB", "MB", "GB", "TB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  // 999.95 would be shown as 1000.0.
  while (value >= 999.95 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units.at(unit));
}

std::string readable_seconds(double seconds) {
  static constexpr double longest = 1e9;  // beyond any run, and safe to round
  const auto whole = static_cast<std::int64_t>(std::llround(std::clamp(seconds, 0.0, longest)));
  const auto [hours, minutes, rest] = std::array{whole / 3600, whole / 60 % 60, whole % 60};
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest) : fmt::format("{}:{:02}", minutes, rest);
}

}  // namespace cnnctl
