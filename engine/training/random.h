#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace cnnctl {

/// What SplitMix64's state grows by from one number to the next.
inline constexpr std::uint64_t kSplitMixStep = 0x9E3779B97F4A7C15U;

/// The number that SplitMix64 gives in a state, every bit of which depends on every bit of the state.
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
constexpr std::uint64_t splitmix64(std::uint64_t state) {
  state = (state ^ (state >> 30U)) * 0xBF58476D1CE4E5B9U;
  state = (state ^ (state >> 27U)) * 0x94D049BB133111EBU;
  return state ^ (state >> 31U);
}

/// Random numbers that are the same on every machine and with every standard library, whose distributions are not: those of SplitMix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// A generator of its own for each pair of numbers: an epoch's order, an image's strokes.
  Random(std::uint64_t seed, std::uint64_t stream) : state_(seed) { state_ = next() ^ (stream * 0xD1342543DE82EF95U); }

  std::uint64_t next() { return splitmix64(state_ += kSplitMixStep); }

  /// One of 0 .. bound - 1, each as likely as the others. Source: Lemire, Fast Random Integer Generation in an Interval.
  std::uint32_t below(std::uint32_t bound) {
    std::uint64_t product = (next() >> 32U) * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = -bound % bound;
      while (static_cast<std::uint32_t>(product) < threshold) product = (next() >> 32U) * bound;
    }
    return static_cast<std::uint32_t>(product >> 32U);
  }

  /// A number in [minimum, maximum).
  double between(double minimum, double maximum) { return minimum + (maximum - minimum) * (static_cast<double>(next() >> 11U) * 0x1p-53); }

  /// A normally distributed number. Source: Box, Muller: A Note on the Generation of Random Normal Deviates.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - between(0, 1)));
    return radius * std::cos(2 * std::numbers::pi * between(0, 1));
  }

 private:
  std::uint64_t state_;
};

}  // namespace cnnctl
