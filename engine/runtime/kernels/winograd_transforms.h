#pragma once

#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {

// Winograd's minimal filtering on the points 0, +-a, +-b and infinity: six products give `Outputs` results of a filter of `Taps` taps,
// Outputs + Taps = 7. Each function transforms one dimension. These points, rather than 1 and 2, halve the rounding. Sources: Lavin and
// Gray, "Fast Algorithms for Convolutional Neural Networks", 2016; Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd
// Convolution for Deep Neural Networks", 2020.
constexpr int kPoints = 6;
constexpr float kA = 0.625F, kB = 1.5F;
constexpr float kA2 = kA * kA, kB2 = kB * kB;

constexpr float power(float base, int exponent) { return exponent == 0 ? 1.0F : base * power(base, exponent - 1); }

/// The data's side: six inputs to the six points.
template <class Floats>
void transform_data(const Floats (&d)[kPoints], Floats (&out)[kPoints]) {
  const Floats even_a = d[4] - kB2 * d[2], odd_a = d[3] - kB2 * d[1];
  const Floats even_b = d[4] - kA2 * d[2], odd_b = d[3] - kA2 * d[1];
  out[0] = kA2 * kB2 * d[0] + (d[4] - (kA2 + kB2) * d[2]);
  out[1] = even_a + kA * odd_a;
  out[2] = even_a - kA * odd_a;
  out[3] = even_b + kB * odd_b;
  out[4] = even_b - kB * odd_b;
  out[5] = kA2 * kB2 * d[1] + (d[5] - (kA2 + kB2) * d[3]);
}

/// The filter's side: the polynomial of `Taps` coefficients at the six points, over the product of the point's distances to the others.
template <int Taps, class Floats>
void transform_filter(const Floats (&g)[Taps], Floats (&out)[kPoints]) {
  constexpr float at_a = 1 / (2 * kA2 * (kA2 - kB2)), at_b = 1 / (2 * kB2 * (kB2 - kA2));
  Floats even_a = at_a * g[0], odd_a = at_a * kA * g[1], even_b = at_b * g[0], odd_b = at_b * kB * g[1];
  unrolled<Taps - 2>([&](auto i) __attribute__((always_inline)) {
    constexpr int k = i + 2;
    (k % 2 == 0 ? even_a : odd_a) += at_a * power(kA, k) * g[k];
    (k % 2 == 0 ? even_b : odd_b) += at_b * power(kB, k) * g[k];
  });
  out[0] = 1 / (kA2 * kB2) * g[0];
  out[1] = even_a + odd_a;
  out[2] = even_a - odd_a;
  out[3] = even_b + odd_b;
  out[4] = even_b - odd_b;
  out[5] = g[Taps - 1];
}

/// The result's side: from the six points to `Outputs` results.
template <int Outputs, class Floats>
void transform_result(const Floats (&m)[kPoints], Floats (&out)[Outputs]) {
  const Floats even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
  unrolled<Outputs>([&](auto i) __attribute__((always_inline)) {
    constexpr int k = i;
    out[k] = power(kA, k) * (k % 2 == 0 ? even_a : odd_a) + power(kB, k) * (k % 2 == 0 ? even_b : odd_b);
  });
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
