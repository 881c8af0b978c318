#pragma once

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

#include <utility>

namespace cnnctl::CNNCTL_ISA {

// What stands in 32 bits of the matrices that matrix_product.h multiplies. Words are passed around as floats, of which nothing but the bits
// counts.

#ifdef __AVX512BF16__

/// Two bfloat16 numbers, the first one in the lower half. Their products are added up in float. Only instruction sets that have this in
/// hardware are compiled with it; each number is rounded to the nearest one of 8 bits. Source: Intel 64 and IA-32 Architectures Software
/// Developer's Manual, VDPBF16PS and VCVTNEPS2BF16.
struct Words {
  static constexpr int numbers = 2;

  template <class Floats>
  static void multiply_add(Floats& sum, const Floats& right, float left) {
    const auto pairs = (__m512bh)_mm512_set1_ps(left);
    sum = (Floats)_mm512_dpbf16_ps((__m512)sum, pairs, (__m512bh)right);
  }

  template <class Floats>
  static Floats join(const Floats& first, const Floats& second) {
    typedef short Halves __attribute__((vector_size(64)));
    const auto halves = (Halves)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);  // all of first, then all of second
    return [&]<int... Lane>(std::integer_sequence<int, Lane...>) {
      return (Floats)__builtin_shufflevector(halves, halves, (Lane % 2 * 16 + Lane / 2)...);
    }
    (std::make_integer_sequence<int, 32>());
  }

  /// A vector's numbers one after another, in half as many words.
  template <class Floats>
  static void store_row(float* to, const Floats& numbers) {
    _mm256_storeu_si256((__m256i*)to, (__m256i)_mm512_cvtneps_pbh((__m512)numbers));
  }
};

#else

/// One float.
struct Words {
  static constexpr int numbers = 1;

  template <class Floats>
  static void multiply_add(Floats& sum, const Floats& right, float left) {
    sum += right * left;
  }

  template <class Floats>
  static void store_row(float* to, const Floats& numbers) {
    __builtin_memcpy(to, &numbers, sizeof numbers);
  }
};

#endif

}  // namespace cnnctl::CNNCTL_ISA
