#pragma once

#include <bit>
#include <cstdint>

#include "engine/runtime/kernels/kernels.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {

// The element-wise functions of our own loops, of vectors of any width.

// A NaN in v passes through.
template <class Floats>
Floats at_most(const Floats& v, float most) {
  return minimum(Floats{} + most, v);
}
template <class Floats>
Floats at_least(const Floats& v, float least) {
  return maximum(Floats{} + least, v);
}

/// e^v within two units in the last place; 0 below the smallest normal number, and as large as floats go beyond the largest.
template <class Floats>
Floats exponential(const Floats& v) {
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

/// log(1 + v) for v in [0, 1]: 2 artanh(v / (2 + v)), by its series.
template <class Floats>
Floats log_of_one_plus(const Floats& v) {
  const Floats s = v / (v + 2.0F), square = s * s;
  Floats sum = Floats{} + 1.0F / 17;
  for (const float odd : {15.0F, 13.0F, 11.0F, 9.0F, 7.0F, 5.0F, 3.0F, 1.0F}) sum = sum * square + 1 / odd;
  return 2.0F * s * sum;
}

// forward(x) is the function. backward(kept, dy) is the gradient; what it has to be given is the result or the input, as `needs_result`
// says; relu and relu6 take either, and leaky_relu where its slope is not negative. `keeps_zero`: f(0) = 0, so that padding stays zero.
// Comparisons are written so that a NaN, for which all of them are false, passes through.

struct Identity {
  static constexpr bool needs_result = false, keeps_zero = true;

  template <class Floats>
  Floats forward(const Floats& x) const {
    return x;
  }
  template <class Floats>
  Floats backward(const Floats&, const Floats& dy) const {
    return dy;
  }
};

struct Relu {
  static constexpr bool needs_result = false, keeps_zero = true;

  template <class Floats>
  Floats forward(const Floats& x) const {
    return at_least(x, 0);
  }
  template <class Floats>
  Floats backward(const Floats& kept, const Floats& dy) const {
    return kept <= 0.0F ? Floats{} : dy;
  }
};

struct LeakyRelu {
  static constexpr bool needs_result = false, keeps_zero = true;
  float slope;

  template <class Floats>
  Floats forward(const Floats& x) const {
    return x > 0.0F ? x : x * slope;
  }
  template <class Floats>
  Floats backward(const Floats& kept, const Floats& dy) const {
    return kept > 0.0F ? dy : dy * slope;
  }
};

struct Relu6 {
  static constexpr bool needs_result = false, keeps_zero = true;

  template <class Floats>
  Floats forward(const Floats& x) const {
    return at_most(at_least(x, 0), 6);
  }
  template <class Floats>
  Floats backward(const Floats& kept, const Floats& dy) const {
    const Floats below = kept >= 6.0F ? Floats{} : dy;
    return kept <= 0.0F ? Floats{} : below;
  }
};

struct Hardsigmoid {
  static constexpr bool needs_result = true, keeps_zero = false;

  template <class Floats>
  Floats forward(const Floats& x) const {
    return at_most(at_least(x + 3.0F, 0), 6) / 6.0F;
  }
  template <class Floats>
  Floats backward(const Floats& y, const Floats& dy) const {
    return (y > 0.0F) & (y < 1.0F) ? dy / 6.0F : Floats{};
  }
};

/// At the kinks as PyTorch's vectorized loop; its scalar one has 1.5 at 3.
struct Hardswish {
  static constexpr bool needs_result = false, keeps_zero = true;

  template <class Floats>
  Floats forward(const Floats& x) const {
    return x * at_most(at_least(x + 3.0F, 0), 6) / 6.0F;
  }
  template <class Floats>
  Floats backward(const Floats& x, const Floats& dy) const {
    const Floats inside = dy * (x / 3.0F + 0.5F);
    return x < -3.0F ? Floats{} : x < 3.0F ? inside : dy;
  }
};

/// x / (1 + e^-x), by the exponential of -|x|, which is 0 where the result has reached its limit.
struct Silu {
  static constexpr bool needs_result = false, keeps_zero = true;

  template <class Floats>
  static Floats sigmoid(const Floats& x) {
    const Floats e = exponential(x < 0.0F ? x : -x);
    return (x < 0.0F ? e : Floats{} + 1.0F) / (e + 1.0F);
  }
  template <class Floats>
  Floats forward(const Floats& x) const {
    return x * sigmoid(x);
  }
  template <class Floats>
  Floats backward(const Floats& x, const Floats& dy) const {
    const Floats s = sigmoid(x);
    return dy * (s * (x * (1.0F - s) + 1.0F));
  }
};

/// x tanh(log(1 + e^x)). With n = e^x (e^x + 2) the tanh is n / (n + 2), which is 1 in floats from 20 on.
struct Mish {
  static constexpr bool needs_result = false, keeps_zero = true;
  static constexpr float most = 20;

  template <class Floats>
  Floats forward(const Floats& x) const {
    const Floats e = exponential(at_most(x, most)), n = e * (e + 2.0F);
    return x * (n / (n + 2.0F));
  }
  template <class Floats>
  Floats backward(const Floats& input, const Floats& dy) const {
    const Floats x = at_most(input, most), e = exponential(x), n = e * (e + 2.0F), d = n + 2.0F;
    return dy * (n / d + x * (e / (e + 1.0F)) * (4.0F * (n + 1.0F) / (d * d)));
  }
};

/// log(1 + e^(beta x)) / beta, and x where beta x exceeds the threshold.
struct Softplus {
  static constexpr bool needs_result = false, keeps_zero = false;
  float beta, threshold;

  template <class Floats>
  Floats forward(const Floats& x) const {
    const Floats z = x * beta, magnitude = z < 0.0F ? z : -z;
    return z > threshold ? x : ((z > 0.0F ? z : Floats{}) + log_of_one_plus(exponential(magnitude))) / beta;
  }
  template <class Floats>
  Floats backward(const Floats& x, const Floats& dy) const {
    const Floats z = x * beta;
    return z > threshold ? dy : dy / (exponential(-z) + 1.0F);
  }
};

/// Calls visit(f), f being the function that the loop names.
template <class Visit>
void with_eltwise(const EltwiseLoop& loop, Visit visit) {
  switch (loop.function) {
    case EltwiseLoop::Function::relu:
      return visit(Relu{});
    case EltwiseLoop::Function::leaky_relu:
      return visit(LeakyRelu{loop.slope});
    case EltwiseLoop::Function::relu6:
      return visit(Relu6{});
    case EltwiseLoop::Function::hardsigmoid:
      return visit(Hardsigmoid{});
    case EltwiseLoop::Function::hardswish:
      return visit(Hardswish{});
    case EltwiseLoop::Function::silu:
      return visit(Silu{});
    case EltwiseLoop::Function::mish:
      return visit(Mish{});
    case EltwiseLoop::Function::softplus:
      return visit(Softplus{loop.beta, loop.threshold});
  }
}

}  // namespace cnnctl::CNNCTL_ISA
