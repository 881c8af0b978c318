#include <cmath>

#include "engine/runtime/vectorize.h"
#include "engine/schema/arguments.h"
#include "engine/training/optimizers/betas.h"
#include "engine/training/optimizers/elements.h"
#include "engine/training/optimizers/types.h"

namespace cnnctl {
namespace {

struct NadamArguments {
  double lr = 2e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum_decay = 4e-3;
};

const Schema<NadamArguments>& schema() {
  static const Schema<NadamArguments> schema =
      Schema<NadamArguments>("nadam", "Adam that looks ahead along its momentum, as Nesterov's does.", "torch.optim.NAdam")
          .optional("lr", &NadamArguments::lr, "learning rate", at_least(0))
          .optional("betas", &NadamArguments::betas, "decay of the gradient's first and second moment", from_below(0, 1))
          .optional("eps", &NadamArguments::eps, "added to the denominator", between(1e-30, 1))
          .optional("weight_decay", &NadamArguments::weight_decay, "factor on the weights that is added to their gradient", at_least(0))
          .optional("momentum_decay", &NadamArguments::momentum_decay, "how fast the momentum rises from half of the first of betas to it",
                    at_least(0));
  return schema;
}

void check(const Value& values, const Place& place, Diagnostics& diagnostics) {
  if (const auto arguments = schema().read(values, place, diagnostics)) check_betas(arguments->betas, "nadam", values, diagnostics);
}

/// The numbers that are the same for all elements of a step.
struct Factors {
  float weight_decay;
  float keep1;
  float add1;
  float keep2;
  float add2;
  float correction2;  // of the second moment's root
  float eps;
  float gradient;  // of the gradient, in the update
  float exp_avg;   // of the first moment, in the update
};

CNNCTL_VECTORIZE void update(float* __restrict__ values, const float* __restrict__ gradients, float* __restrict__ exp_avg,
                             float* __restrict__ exp_avg_sq, std::size_t count, Factors f) {
  for (std::size_t i = 0; i < count; ++i) {
    const float gradient = gradients[i] + f.weight_decay * values[i];
    const float first = f.keep1 * exp_avg[i] + f.add1 * gradient;
    const float second = f.keep2 * exp_avg_sq[i] + f.add2 * gradient * gradient;
    exp_avg[i] = first;
    exp_avg_sq[i] = second;
    values[i] -= (f.gradient * gradient + f.exp_avg * first) / (std::sqrt(second) * f.correction2 + f.eps);
  }
}

class Nadam final : public Optimizer {
 public:
  Nadam(const NadamArguments& arguments, std::size_t count) : arguments_(arguments), exp_avg_(count), exp_avg_sq_(count) {}

  Rates rates() const override { return {arguments_.lr, arguments_.weight_decay, arguments_.betas.at(0)}; }

  void step(std::span<float> values, std::span<const float> gradients, std::span<const ParameterGroup> groups) override {
    ++counters_.steps;
    const auto update_part = [&](std::size_t begin, std::size_t end, const Factors& factors) {
      update(values.data() + begin, gradients.data() + begin, exp_avg_.data() + begin, exp_avg_sq_.data() + begin, end - begin, factors);
    };
    update_elements(
        "nadam", exp_avg_.size(), values, gradients, groups, [this](const Rates& rates) { return factors_of(rates); }, update_part);
    if (!groups.empty()) counters_.mu_product *= momentum_at(counters_.steps, groups.front().rates);
  }

  std::vector<State> state() override { return {{"exp_avg", exp_avg_}, {"exp_avg_sq", exp_avg_sq_}}; }

 private:
  /// mu of a step, from 1, in the paper's terms.
  double momentum_at(std::int64_t step, const Rates& rates) const {
    return rates.momentum * (1 - 0.5 * std::pow(0.96, static_cast<double>(step) * arguments_.momentum_decay));
  }

  /// By the paper, as PyTorch documents it. (Where PyTorch 1.13 updates tensor by tensor it takes this step's momentum into the last
  /// correction twice; its foreach form and later versions do not.)
  Factors factors_of(const Rates& rates) const {
    const double beta2 = arguments_.betas[1];
    const double mu = momentum_at(counters_.steps, rates);
    const double mu_next = momentum_at(counters_.steps + 1, rates);
    const double product = counters_.mu_product * mu;
    return {.weight_decay = static_cast<float>(rates.weight_decay),
            .keep1 = static_cast<float>(rates.momentum),
            .add1 = static_cast<float>(1 - rates.momentum),
            .keep2 = static_cast<float>(beta2),
            .add2 = static_cast<float>(1 - beta2),
            .correction2 = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, static_cast<double>(counters_.steps)))),
            .eps = static_cast<float>(arguments_.eps),
            .gradient = static_cast<float>(rates.lr * (1 - mu) / (1 - product)),
            .exp_avg = static_cast<float>(rates.lr * mu_next / (1 - product * mu_next))};
  }

  NadamArguments arguments_;
  std::vector<float> exp_avg_;
  std::vector<float> exp_avg_sq_;
};

std::unique_ptr<Optimizer> make(const Selection& selection, std::size_t count) {
  return std::make_unique<Nadam>(read_arguments(schema(), selection), count);
}

}  // namespace

OptimizerType nadam() { return {{&schema().declaration(), check}, make}; }

}  // namespace cnnctl
