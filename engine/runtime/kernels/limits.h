#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "engine/runtime/kernels/eltwise_functions.h"

namespace cnnctl::CNNCTL_ISA {

/// What is done to each number before it is stored: the limits of relu, relu6 and the identity.
struct Limits {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();

  /// A NaN stays one.
  template <class Floats>
  Floats operator()(Floats v) const {
    return at_most(at_least(v, low), high);
  }
};

/// The limits that are all that a function does; nothing for others.
inline std::optional<Limits> limits_of(const std::optional<EltwiseLoop>& activation) {
  if (!activation) return Limits{};
  if (activation->function == EltwiseLoop::Function::relu) return Limits{.low = 0};
  if (activation->function == EltwiseLoop::Function::relu6) return Limits{0, 6};
  return std::nullopt;
}

/// A function behind a convolution: limits are applied to the numbers in registers, another function to those that were stored.
template <int Width>
class Finish {
 public:
  explicit Finish(const std::optional<EltwiseLoop>& activation) : activation_(activation), limits_(limits_of(activation)) {}

  /// Before storing.
  Limits limits() const { return limits_.value_or(Limits{}); }

  /// After storing `count` floats, whole vectors.
  void operator()(float* y, std::int64_t count) const {
    using V = Vectors<Width>;
    if (limits_) return;
    with_eltwise(*activation_, [=](const auto& function) {
      for (std::int64_t i = 0; i < count; i += Width) V::store(y + i, function.forward(V::load(y + i)));
    });
  }

 private:
  const std::optional<EltwiseLoop>& activation_;
  std::optional<Limits> limits_;
};

}  // namespace cnnctl::CNNCTL_ISA
