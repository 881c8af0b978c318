#pragma once

#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {

// Winograd's minimal filtering on the points 0, 1, -1, 2, -2 and infinity: six products give `Outputs` results of a filter of `Taps` taps,
// Outputs + Taps = 7. Each function transforms one dimension. Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
// 2016.
constexpr int kPoints = 6;

constexpr float power_of_two(int exponent) { return static_cast<float>(1 << exponent); }

/// The data's side: six inputs to the six points.
template <class Floats>
void transform_data(const Floats (&d)[kPoints], Floats (&out)[kPoints]) {
  const Floats even = d[4] - 4.0F * d[2], odd = d[3] - 4.0F * d[1];
  const Floats even2 = d[4] - d[2], odd2 = 2.0F * (d[3] - d[1]);
  out[0] = 4.0F * d[0] - 5.0F * d[2] + d[4];
  out[1] = even + odd;
  out[2] = even - odd;
  out[3] = even2 + odd2;
  out[4] = even2 - odd2;
  out[5] = 4.0F * d[1] - 5.0F * d[3] + d[5];
}

/// The filter's side: the polynomial of `Taps` coefficients at the six points, with the factors that make the data's side whole numbers.
template <int Taps, class Floats>
void transform_filter(const Floats (&g)[Taps], Floats (&out)[kPoints]) {
  Floats even = g[0], odd = g[1], even2 = g[0], odd2 = 2.0F * g[1];
  for (int k = 2; k < Taps; ++k) {
    (k % 2 == 0 ? even : odd) += g[k];
    (k % 2 == 0 ? even2 : odd2) += power_of_two(k) * g[k];
  }
  out[0] = 0.25F * g[0];
  out[1] = (even + odd) * (-1.0F / 6);
  out[2] = (even - odd) * (-1.0F / 6);
  out[3] = (even2 + odd2) * (1.0F / 24);
  out[4] = (even2 - odd2) * (1.0F / 24);
  out[5] = g[Taps - 1];
}

/// The result's side: from the six points to `Outputs` results.
template <int Outputs, class Floats>
void transform_result(const Floats (&m)[kPoints], Floats (&out)[Outputs]) {
  const Floats even = m[1] + m[2], odd = m[1] - m[2], even2 = m[3] + m[4], odd2 = m[3] - m[4];
  for (int k = 0; k < Outputs; ++k) out[k] = k % 2 == 0 ? even + power_of_two(k) * even2 : odd + power_of_two(k) * odd2;
  out[0] += m[0];
  out[Outputs - 1] += m[5];
}

/// A transform of rows and then of columns, each of From numbers to To: load(i, j) gives the From x From inputs, store(i, j, value) takes
/// the To x To results. `transform` is one of the above. All indices are constants, so that only what does not fit the registers goes
/// through memory.
template <class Floats, int From, int To, class Load, class Store, class Transform>
inline __attribute__((always_inline)) void in_two_dimensions(Load load, Store store, Transform transform) {
  Floats rows[From][To];
  unrolled<From>([&](auto i) __attribute__((always_inline)) {
    Floats row[From];
    unrolled<From>([&](auto j) __attribute__((always_inline)) { row[j] = load(i, j); });
    transform(row, rows[i]);
  });
  unrolled<To>([&](auto j) __attribute__((always_inline)) {
    Floats column[From], result[To];
    unrolled<From>([&](auto i) __attribute__((always_inline)) { column[i] = rows[i][j]; });
    transform(column, result);
    unrolled<To>([&](auto i) __attribute__((always_inline)) { store(i, j, result[i]); });
  });
}

}  // namespace cnnctl::CNNCTL_ISA
