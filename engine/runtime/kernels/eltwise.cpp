#include <bit>
#include <cstring>

#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

using V = Vectors<CNNCTL_ISA_WIDTH>;
using Floats = V::Floats;
using Ints = V::Ints;

constexpr std::int64_t kWidth = CNNCTL_ISA_WIDTH;
constexpr std::int64_t kChunk = 4096;

// Comparisons are written so that a NaN, for which all of them are false, passes through.
inline Floats at_most(const Floats& v, float most) { return v > most ? Floats{} + most : v; }
inline Floats at_least(const Floats& v, float least) { return v < least ? Floats{} + least : v; }

/// e^v within two units in the last place; 0 below the smallest normal number, and as large as floats go beyond the largest.
inline Floats exponential(const Floats& v) {
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

/// log(1 + v) for v in [0, 1]: 2 artanh(v / (2 + v)), by its series.
inline Floats log_of_one_plus(const Floats& v) {
  const Floats s = v / (v + 2.0F), square = s * s;
  Floats sum = Floats{} + 1.0F / 17;
  for (const float odd : {15.0F, 13.0F, 11.0F, 9.0F, 7.0F, 5.0F, 3.0F, 1.0F}) sum = sum * square + 1 / odd;
  return 2.0F * s * sum;
}

// forward(x) is the function; backward(kept, dy) the gradient, from what EltwiseLoop says is kept.

struct Relu {
  Floats forward(const Floats& x) const { return at_least(x, 0); }
  Floats backward(const Floats& y, const Floats& dy) const { return y <= 0.0F ? Floats{} : dy; }
};

struct Relu6 {
  Floats forward(const Floats& x) const { return at_most(at_least(x, 0), 6); }
  Floats backward(const Floats& y, const Floats& dy) const { return (y <= 0.0F) | (y >= 6.0F) ? Floats{} : dy; }
};

struct Hardsigmoid {
  Floats forward(const Floats& x) const { return at_most(at_least(x + 3.0F, 0), 6) / 6.0F; }
  Floats backward(const Floats& y, const Floats& dy) const { return (y > 0.0F) & (y < 1.0F) ? dy / 6.0F : Floats{}; }
};

/// At the kinks as PyTorch's vectorized loop; its scalar one has 1.5 at 3.
struct Hardswish {
  Floats forward(const Floats& x) const { return x * at_most(at_least(x + 3.0F, 0), 6) / 6.0F; }
  Floats backward(const Floats& x, const Floats& dy) const {
    const Floats inside = dy * (x / 3.0F + 0.5F);
    return x < -3.0F ? Floats{} : x < 3.0F ? inside : dy;
  }
};

/// x tanh(log(1 + e^x)). With n = e^x (e^x + 2) the tanh is n / (n + 2), which is 1 in floats from 20 on.
struct Mish {
  static constexpr float most = 20;

  Floats forward(const Floats& x) const {
    const Floats e = exponential(at_most(x, most)), n = e * (e + 2.0F);
    return x * (n / (n + 2.0F));
  }
  Floats backward(const Floats& input, const Floats& dy) const {
    const Floats x = at_most(input, most), e = exponential(x), n = e * (e + 2.0F), d = n + 2.0F;
    return dy * (n / d + x * (e / (e + 1.0F)) * (4.0F * (n + 1.0F) / (d * d)));
  }
};

/// log(1 + e^(beta x)) / beta, and x where beta x exceeds the threshold.
struct Softplus {
  float beta, threshold;

  Floats forward(const Floats& x) const {
    const Floats z = x * beta, magnitude = z < 0.0F ? z : -z;
    return z > threshold ? x : ((z > 0.0F ? z : Floats{}) + log_of_one_plus(exponential(magnitude))) / beta;
  }
  Floats backward(const Floats& x, const Floats& dy) const {
    const Floats z = x * beta;
    return z > threshold ? dy : dy / (exponential(-z) + 1.0F);
  }
};

/// The vector at `p`, of which `count` elements exist.
inline Floats load_part(const float* p, std::int64_t count) {
  Floats v{};
  std::memcpy(&v, p, static_cast<std::size_t>(count) * sizeof(float));
  return v;
}

template <class Function>
void forward(const Function& function, const float* x, float* y, std::int64_t count) {
#pragma omp parallel for schedule(static)
  for (std::int64_t begin = 0; begin < count; begin += kChunk) {
    const std::int64_t end = begin + kChunk < count ? begin + kChunk : count;
    std::int64_t i = begin;
    for (; i + kWidth <= end; i += kWidth) V::store(y + i, function.forward(V::load(x + i)));
    if (i == end) continue;
    const Floats rest = function.forward(load_part(x + i, end - i));
    std::memcpy(y + i, &rest, static_cast<std::size_t>(end - i) * sizeof(float));
  }
}

template <class Function>
void backward(const Function& function, const float* kept, const float* dy, float* dx, std::int64_t count) {
#pragma omp parallel for schedule(static)
  for (std::int64_t begin = 0; begin < count; begin += kChunk) {
    const std::int64_t end = begin + kChunk < count ? begin + kChunk : count;
    std::int64_t i = begin;
    for (; i + kWidth <= end; i += kWidth) V::store(dx + i, function.backward(V::load(kept + i), V::load(dy + i)));
    if (i == end) continue;
    const Floats rest = function.backward(load_part(kept + i, end - i), load_part(dy + i, end - i));
    std::memcpy(dx + i, &rest, static_cast<std::size_t>(end - i) * sizeof(float));
  }
}

template <class Visit>
void with_function(const EltwiseLoop& loop, Visit visit) {
  switch (loop.function) {
    case EltwiseLoop::Function::relu:
      return visit(Relu{});
    case EltwiseLoop::Function::relu6:
      return visit(Relu6{});
    case EltwiseLoop::Function::hardsigmoid:
      return visit(Hardsigmoid{});
    case EltwiseLoop::Function::hardswish:
      return visit(Hardswish{});
    case EltwiseLoop::Function::mish:
      return visit(Mish{});
    case EltwiseLoop::Function::softplus:
      return visit(Softplus{loop.beta, loop.threshold});
  }
}

}  // namespace

void eltwise_forward(const EltwiseLoop& loop, const float* x, float* y, std::int64_t count) {
  with_function(loop, [=](const auto& function) { forward(function, x, y, count); });
}

void eltwise_backward(const EltwiseLoop& loop, const float* kept, const float* dy, float* dx, std::int64_t count) {
  with_function(loop, [=](const auto& function) { backward(function, kept, dy, dx, count); });
}

}  // namespace cnnctl::CNNCTL_ISA
