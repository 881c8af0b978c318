#include "engine/training/optimizers/moments.h"

#include <cmath>

#include "engine/runtime/vectorize.h"
#include "engine/training/optimizers/elements.h"

namespace cnnctl {
namespace {

/// The numbers that are the same for all elements of a step.
struct Factors {
  float shrink;          // of the weight, before all else
  float gradient_decay;  // of the weight, added to the gradient
  float keep1;
  float add1;
  float keep2;
  float add2;
  float correction2;  // of the second moment's root
  float eps;
  float step_size;
};

CNNCTL_VECTORIZE void update(float* __restrict__ values, const float* __restrict__ gradients, float* __restrict__ exp_avg,
                             float* __restrict__ exp_avg_sq, std::size_t count, Factors f) {
  for (std::size_t i = 0; i < count; ++i) {
    const float value = values[i] * f.shrink;
    const float gradient = gradients[i] + f.gradient_decay * value;
    const float first = f.keep1 * exp_avg[i] + f.add1 * gradient;
    const float second = f.keep2 * exp_avg_sq[i] + f.add2 * gradient * gradient;
    exp_avg[i] = first;
    exp_avg_sq[i] = second;
    values[i] = value - f.step_size * first / (std::sqrt(second) * f.correction2 + f.eps);
  }
}

class Moments final : public Optimizer {
 public:
  Moments(const MomentsSettings& settings, std::size_t count) : settings_(settings), exp_avg_(count), exp_avg_sq_(count) {}

  Rates rates() const override { return settings_.rates; }

  void step(std::span<float> values, std::span<const float> gradients, std::span<const ParameterGroup> groups) override {
    ++counters_.steps;
    const auto update_part = [&](std::size_t begin, std::size_t end, const Factors& factors) {
      update(values.data() + begin, gradients.data() + begin, exp_avg_.data() + begin, exp_avg_sq_.data() + begin, end - begin, factors);
    };
    update_elements(
        "adam", exp_avg_.size(), values, gradients, groups, [this](const Rates& rates) { return factors_of(rates); }, update_part);
  }

  std::vector<State> state() override { return {{"exp_avg", exp_avg_}, {"exp_avg_sq", exp_avg_sq_}}; }

 private:
  Factors factors_of(const Rates& rates) const {
    const MomentsSettings& s = settings_;
    const auto steps = static_cast<double>(counters_.steps);
    const double bias1 = 1 - std::pow(rates.momentum, steps);
    const double bias2 = 1 - std::pow(s.beta2, steps);
    return {.shrink = static_cast<float>(s.decoupled ? 1 - rates.lr * rates.weight_decay : 1),
            .gradient_decay = static_cast<float>(s.decoupled ? 0 : rates.weight_decay),
            .keep1 = static_cast<float>(rates.momentum),
            .add1 = static_cast<float>(1 - rates.momentum),
            .keep2 = static_cast<float>(s.beta2),
            .add2 = static_cast<float>(1 - s.beta2),
            .correction2 = static_cast<float>(1 / std::sqrt(bias2)),
            .eps = static_cast<float>(s.eps),
            .step_size = static_cast<float>(rates.lr / bias1)};
  }

  MomentsSettings settings_;
  std::vector<float> exp_avg_;
  std::vector<float> exp_avg_sq_;
};

}  // namespace

std::unique_ptr<Optimizer> make_moments_optimizer(const MomentsSettings& settings, std::size_t count) {
  return std::make_unique<Moments>(settings, count);
}

}  // namespace cnnctl
