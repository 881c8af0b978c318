#pragma once

#ifdef __AVX__
#include <immintrin.h>
#endif

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace cnnctl::CNNCTL_ISA {

// Floats that are asked of the memory before they are needed: what arrives in the time that it takes to answer, and some more.
constexpr std::int64_t kAhead = 2048;

#ifdef __AVX512F__
// The instructions without a mask are the same, but GCC 12 warns of its own header there.
constexpr __mmask16 kAllLanes = 0xffff;
#endif

// GCC's and clang's portable vectors: one instruction where the instruction set has the width, several where it has not.
template <int Width>
struct VectorTypes;

// Bytes are made of Ints from 0 to 255, and back. GCC 12 takes vectors apart for that, where a processor has an instruction or a few.
template <>
struct VectorTypes<8> {
  typedef float Floats __attribute__((vector_size(32)));
  typedef std::int32_t Ints __attribute__((vector_size(32)));
  typedef std::uint8_t Bytes __attribute__((vector_size(8)));
  static Bytes narrow(const Ints& v) {
#ifdef __AVX2__
    const __m128i shorts = _mm_packus_epi32(_mm256_castsi256_si128((__m256i)v), _mm256_extracti128_si256((__m256i)v, 1));
    return std::bit_cast<Bytes>(_mm_cvtsi128_si64(_mm_packus_epi16(shorts, shorts)));
#else
    return __builtin_convertvector(v, Bytes);
#endif
  }
  static Ints widen(const Bytes& v) {
#ifdef __AVX2__
    return (Ints)_mm256_cvtepu8_epi32(_mm_cvtsi64_si128(std::bit_cast<long long>(v)));
#else
    return __builtin_convertvector(v, Ints);
#endif
  }
};

template <>
struct VectorTypes<16> {
  typedef float Floats __attribute__((vector_size(64)));
  typedef std::int32_t Ints __attribute__((vector_size(64)));
  typedef std::uint8_t Bytes __attribute__((vector_size(16)));
  static Bytes narrow(const Ints& v) {
#ifdef __AVX512F__
    return (Bytes)_mm512_maskz_cvtepi32_epi8(kAllLanes, (__m512i)v);
#else
    return __builtin_convertvector(v, Bytes);
#endif
  }
  static Ints widen(const Bytes& v) {
#ifdef __AVX512F__
    return (Ints)_mm512_maskz_cvtepu8_epi32(kAllLanes, (__m128i)v);
#else
    return __builtin_convertvector(v, Ints);
#endif
  }
};

/// a > b ? a : b, and a < b ? a : b: b where one is NaN. One instruction does that, but GCC makes two of the comparison.
template <class Floats>
Floats maximum(const Floats& a, const Floats& b) {
#ifdef __AVX512F__
  if constexpr (sizeof(Floats) == sizeof(__m512)) return _mm512_maskz_max_ps(kAllLanes, a, b);
#endif
#ifdef __AVX__
  if constexpr (sizeof(Floats) == sizeof(__m256)) return _mm256_max_ps(a, b);
#endif
  return a > b ? a : b;
}
template <class Floats>
Floats minimum(const Floats& a, const Floats& b) {
#ifdef __AVX512F__
  if constexpr (sizeof(Floats) == sizeof(__m512)) return _mm512_maskz_min_ps(kAllLanes, a, b);
#endif
#ifdef __AVX__
  if constexpr (sizeof(Floats) == sizeof(__m256)) return _mm256_min_ps(a, b);
#endif
  return a < b ? a : b;
}

/// Behind a thread's last Vectors::stream, in front of a barrier.
inline void finish_streams() {
#ifdef __AVX__
  _mm_sfence();
#endif
}

/// body(0), body(1) ... body(Count - 1), written out: with constant indices an array of vectors stays in the registers.
template <int Count, class Body>
inline __attribute__((always_inline)) void unrolled(Body body) {
  [&]<int... Index>(std::integer_sequence<int, Index...>) __attribute__((always_inline)) {
    (body(std::integral_constant<int, Index>()), ...);
  }
  (std::make_integer_sequence<int, Count>());
}

/// Vectors of `Width` channels, and their ways from and to memory of any alignment.
template <int Width>
struct Vectors : VectorTypes<Width> {
  using typename VectorTypes<Width>::Floats;
  using typename VectorTypes<Width>::Ints;
  using typename VectorTypes<Width>::Bytes;

  static Floats load(const float* p) {
    Floats v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  static void store(float* p, const Floats& v) { std::memcpy(p, &v, sizeof v); }
  /// Past the caches, which no line is read into; p at the begin of one. Other threads see it behind finish_streams().
  static void stream(float* p, const Floats& v) {
#ifdef __AVX512F__
    if constexpr (Width == 16) return _mm512_stream_ps(p, v);
#endif
#ifdef __AVX__
    if constexpr (Width == 8) return _mm256_stream_ps(p, v);
#endif
    store(p, v);
  }
  static void store(std::uint8_t* p, const Ints& v) {
    const Bytes bytes = VectorTypes<Width>::narrow(v);
    std::memcpy(p, &bytes, sizeof bytes);
  }
  static Ints load(const std::uint8_t* p) {
    Bytes bytes;
    std::memcpy(&bytes, p, sizeof bytes);
    return VectorTypes<Width>::widen(bytes);
  }

  static Ints is_nan(const Floats& v) { return ~(v >= -std::numeric_limits<float>::infinity()); }

  /// Row i's lane j becomes row j's lane i.
  static void transpose(Floats (&rows)[Width]) {
    exchange<1>(rows);
    exchange<2>(rows);
    exchange<4>(rows);
    if constexpr (Width == 16) exchange<8>(rows);
  }

  /// a0 b0 a1 b1 ..., of the first halves.
  static Floats interleave(const Floats& a, const Floats& b) {
    return [&]<int... Lane>(std::integer_sequence<int, Lane...>) { return __builtin_shufflevector(a, b, (Lane % 2 * Width + Lane / 2)...); }
    (std::make_integer_sequence<int, Width>());
  }
  /// The even lanes of a, then of b.
  static Floats every_second(const Floats& a, const Floats& b) {
    return [&]<int... Lane>(std::integer_sequence<int, Lane...>) { return __builtin_shufflevector(a, b, (2 * Lane)...); }
    (std::make_integer_sequence<int, Width>());
  }

 private:
  /// Of every two rows `Distance` apart, the one's lanes with that bit set change places with the other's without it.
  template <int Distance>
  static void exchange(Floats (&rows)[Width]) {
    unrolled<Width>([&](auto i) {
      if constexpr ((i & Distance) == 0) {
        const Floats a = rows[i], b = rows[i + Distance];
        [&]<int... Lane>(std::integer_sequence<int, Lane...>) {
          rows[i] = __builtin_shufflevector(a, b, (Lane & Distance ? Width + Lane - Distance : Lane)...);
          rows[i + Distance] = __builtin_shufflevector(a, b, (Lane & Distance ? Width + Lane : Lane + Distance)...);
        }
        (std::make_integer_sequence<int, Width>());
      }
    });
  }
};

}  // namespace cnnctl::CNNCTL_ISA
