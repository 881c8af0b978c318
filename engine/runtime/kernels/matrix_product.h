#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "engine/runtime/kernels/vectors.h"
#include "engine/runtime/kernels/words.h"

namespace cnnctl::CNNCTL_ISA {

/// The left side of a product of matrices: row i's word k stands at i * Row + k / run * next_run + k % run * Step. Fixed distances within
/// a run become parts of the instructions. `Run`, unless 0, says that all runs are whole, and how long, so that they need no loop.
template <int Row, int Step, int Run = 0>
struct LeftSide {
  const float* numbers;
  std::int64_t run, next_run;
};

/// store(sums), sums[row][column] being start[column] + the sum over k below `count` of left[row][k] * right[k][column], for Rows rows and
/// Columns vectors of columns. Both sides are words; rows of the right side are two vectors apart. Where `Ahead` is not 0, the rows so many
/// further on are asked of the memory, run by run: all at once they would be more than it takes in, and as streams they are more than the
/// hardware foresees.
template <int Width, int Rows, int Columns, int Ahead, int Row, int Step, int Run, class Store>
inline __attribute__((always_inline)) void multiply_and_store(const LeftSide<Row, Step, Run>& left, const float* right, std::int64_t count,
                                                              const typename Vectors<Width>::Floats (&start)[2], Store store) {
  using V = Vectors<Width>;
  typename V::Floats sums[Rows][Columns];
  unrolled<Rows>([&](auto i) { unrolled<Columns>([&](auto c) { sums[i][c] = start[c]; }); });
  const float* run = left.numbers;
  for (std::int64_t first = 0; first < count; first += left.run, run += left.next_run) {
    const float* l = run;
    const std::int64_t length = Run > 0 ? Run : std::min(left.run, count - first);
    // always_inline: GCC drops the call of a function that does nothing else.
    if constexpr (Ahead > 0) unrolled<Rows>([&](auto i) __attribute__((always_inline)) { __builtin_prefetch(run + (Ahead + i) * Row); });
#pragma GCC unroll 4
    for (std::int64_t k = 0; k < length; ++k, l += Step, right += 2 * Width) {
      typename V::Floats of_right[Columns];
      unrolled<Columns>([&](auto c) { of_right[c] = V::load(right + c * Width); });
      unrolled<Rows>([&](auto i) {
        const float of_left = l[i * Row];
        unrolled<Columns>([&](auto c) { Words::multiply_add(sums[i][c], of_right[c], of_left); });
      });
    }
  }
  store(sums);
}

/// result[row][Columns vectors] (+)= the sum over k below `count` of left[row][k] * right[k], for Rows rows. Rows of the right side and of
/// the result are two vectors apart.
template <int Width, int Rows, int Columns, bool Accumulate, int Row, int Step>
void multiply(const LeftSide<Row, Step>& left, const float* right, std::int64_t count, float* result) {
  using V = Vectors<Width>;
  multiply_and_store<Width, Rows, Columns, 0>(
      left, right, count, {}, [=](const auto& sums) __attribute__((always_inline)) {
        unrolled<Rows>([&](auto i) {
          unrolled<Columns>([&](auto c) {
            float* to = result + i * 2 * Width + c * Width;
            V::store(to, Accumulate ? sums[i][c] + V::load(to) : sums[i][c]);
          });
        });
      });
}

/// As many rows as the accumulators of two columns leave registers for.
template <int Width>
constexpr int kRows = Width == 16 ? 12 : 6;

/// The same of pixels along a row: 14 divides the sizes that halving 224 gives.
template <int Width>
constexpr int kPixels = Width == 16 ? 14 : 6;

/// Calls visit(`rows` as a constant), which is at most Most; nothing where it is 0.
template <int Most, class Visit>
void with_rows(std::int64_t rows, const Visit& visit) {
  if constexpr (Most > 0) {
    if (rows == Most)
      visit(std::integral_constant<int, Most>());
    else
      with_rows<Most - 1>(rows, visit);
  }
}

/// Calls visit(how many rows as a constant, the first of them) for pieces of `Piece` rows and what is left, until all rows are done.
template <int Piece, class Visit>
void in_pieces(std::int64_t rows, const Visit& visit) {
  std::int64_t first = 0;
  for (; first + Piece <= rows; first += Piece) visit(std::integral_constant<int, Piece>(), first);
  with_rows<Piece - 1>(rows - first, [&](auto rest) { visit(rest, first); });
}

/// multiply for any number of rows.
template <int Width, int Columns, bool Accumulate, int Row, int Step>
void multiply_rows(const LeftSide<Row, Step>& left, const float* right, std::int64_t count, float* result, std::int64_t rows) {
  in_pieces<kRows<Width>>(rows, [&](auto piece, std::int64_t first) {
    const LeftSide<Row, Step> part{left.numbers + first * Row, left.run, left.next_run};
    multiply<Width, piece, Columns, Accumulate>(part, right, count, result + first * 2 * Width);
  });
}

/// The same for a panel of two vectors of columns, of which the second may be absent.
template <int Width, bool Accumulate, class Left>
void multiply_panel(const Left& left, const float* right, std::int64_t count, float* result, std::int64_t rows, std::int64_t columns) {
  columns > Width ? multiply_rows<Width, 2, Accumulate>(left, right, count, result, rows)
                  : multiply_rows<Width, 1, Accumulate>(left, right, count, result, rows);
}

}  // namespace cnnctl::CNNCTL_ISA
