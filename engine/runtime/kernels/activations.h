#pragma once

#include <bit>
#include <cstdint>

namespace cnnctl::CNNCTL_ISA {

// Functions of vectors that several loops apply. Comparisons are written so that a NaN, for which all of them are false, passes through.

template <class Floats>
inline __attribute__((always_inline)) Floats at_most(const Floats& v, float most) {
  return v > most ? Floats{} + most : v;
}

template <class Floats>
inline __attribute__((always_inline)) Floats at_least(const Floats& v, float least) {
  return v < least ? Floats{} + least : v;
}

/// e^v within two units in the last place; 0 below the smallest normal number, and as large as floats go beyond the largest.
template <class Floats>
inline __attribute__((always_inline)) Floats exponential(const Floats& v) {
  using Ints = decltype(v < v);
  constexpr float log2_e = 1.44269504F, ln2_high = 0.693145752F, ln2_low = 1.42860677e-6F;
  constexpr float least = -87.3F, most = 88.3F;
  constexpr float round_to_integer = 12582912;  // 1.5 * 2^23: a sum with it has no digits behind the point
  const Floats x = at_most(at_least(v, least), most);
  const Floats shifted = x * log2_e + round_to_integer;
  const Floats n = shifted - round_to_integer;
  const Floats r = (x - n * ln2_high) - n * ln2_low;
  // Taylor's series: |r| <= ln(2) / 2, so the next term is below 6e-9.
  Floats sum = r * (1.0F / 5040) + 1.0F / 720;
  for (const float coefficient : {1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F}) sum = sum * r + coefficient;
  constexpr std::int32_t exponent_bias = 127, mantissa_bits = 23;
  const Ints exponent = std::bit_cast<Ints>(shifted) - std::bit_cast<std::int32_t>(round_to_integer) + exponent_bias;
  const Floats power = std::bit_cast<Floats>(exponent << mantissa_bits);
  return v < least ? Floats{} : sum * power;
}

template <class Floats>
inline __attribute__((always_inline)) Floats relu(const Floats& x) {
  return at_least(x, 0);
}

template <class Floats>
inline __attribute__((always_inline)) Floats relu6(const Floats& x) {
  return at_most(at_least(x, 0), 6);
}

template <class Floats>
inline __attribute__((always_inline)) Floats hardswish(const Floats& x) {
  return x * relu6<Floats>(x + 3.0F) / 6.0F;
}

template <class Floats>
inline __attribute__((always_inline)) Floats silu(const Floats& x) {
  return x / (exponential<Floats>(-x) + 1.0F);
}

}  // namespace cnnctl::CNNCTL_ISA
