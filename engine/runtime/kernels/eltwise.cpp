#include <cstring>

#include "engine/runtime/kernels/activations.h"
#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/vectors.h"

namespace cnnctl::CNNCTL_ISA {
namespace {

using V = Vectors<CNNCTL_ISA_WIDTH>;
using Floats = V::Floats;
using Ints = V::Ints;

constexpr std::int64_t kWidth = CNNCTL_ISA_WIDTH;
constexpr std::int64_t kChunk = 4096;

/// log(1 + v) for v in [0, 1]: 2 artanh(v / (2 + v)), by its series.
inline Floats log_of_one_plus(const Floats& v) {
  const Floats s = v / (v + 2.0F), square = s * s;
  Floats sum = Floats{} + 1.0F / 17;
  for (const float odd : {15.0F, 13.0F, 11.0F, 9.0F, 7.0F, 5.0F, 3.0F, 1.0F}) sum = sum * square + 1 / odd;
  return 2.0F * s * sum;
}

// forward(x) is the function; backward(kept, dy) the gradient, from what EltwiseLoop says is kept.

struct Relu {
  Floats forward(const Floats& x) const { return relu(x); }
  Floats backward(const Floats& y, const Floats& dy) const { return y <= 0.0F ? Floats{} : dy; }
};

struct Relu6 {
  Floats forward(const Floats& x) const { return relu6(x); }
  Floats backward(const Floats& y, const Floats& dy) const { return (y <= 0.0F) | (y >= 6.0F) ? Floats{} : dy; }
};

struct Hardsigmoid {
  Floats forward(const Floats& x) const { return relu6<Floats>(x + 3.0F) / 6.0F; }
  Floats backward(const Floats& y, const Floats& dy) const { return (y > 0.0F) & (y < 1.0F) ? dy / 6.0F : Floats{}; }
};

/// At the kinks as PyTorch's vectorized loop; its scalar one has 1.5 at 3.
struct Hardswish {
  Floats forward(const Floats& x) const { return hardswish(x); }
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
    return z > threshold ? dy : dy / (exponential<Floats>(-z) + 1.0F);
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
