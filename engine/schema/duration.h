#pragma once

#include <cstdint>
#include <string>

namespace cnnctl {

/// A part of a training run. In a config: "5 epochs", "1 epoch", "500 steps".
struct Duration {
  enum class Unit { epochs, steps };
  static constexpr std::int64_t most = 1'000'000'000;

  std::int64_t count = 0;  // in [0, most]
  Unit unit = Unit::epochs;

  friend bool operator==(const Duration&, const Duration&) = default;
};

/// "5 epochs".
std::string to_string(const Duration& duration);

}  // namespace cnnctl
