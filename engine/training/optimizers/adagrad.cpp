#include <cmath>

#include "engine/runtime/vectorize.h"
#include "engine/schema/arguments.h"
#include "engine/training/optimizers/elements.h"
#include "engine/training/optimizers/types.h"

namespace cnnctl {
namespace {

struct AdagradArguments {
  double lr = 1e-2;
  double lr_decay = 0;
  double weight_decay = 0;
  double initial_accumulator_value = 0;
  double eps = 1e-10;
};

const Schema<AdagradArguments>& schema() {
  static const Schema<AdagradArguments> schema =
      Schema<AdagradArguments>("adagrad", "Steps by the gradient over the root of the sum of all its squares.", "torch.optim.Adagrad")
          .optional("lr", &AdagradArguments::lr, "learning rate", at_least(0))
          .optional("lr_decay", &AdagradArguments::lr_decay, "the learning rate is divided by 1 plus so much for each step before",
                    at_least(0))
          .optional("weight_decay", &AdagradArguments::weight_decay, "factor on the weights that is added to their gradient", at_least(0))
          .optional("initial_accumulator_value", &AdagradArguments::initial_accumulator_value, "what the sums start with", at_least(0))
          .optional("eps", &AdagradArguments::eps, "added to the denominator", between(1e-30, 1));
  return schema;
}

/// The numbers that are the same for all elements of a step.
struct Factors {
  float weight_decay;
  float eps;
  float lr;
};

CNNCTL_VECTORIZE void update(float* __restrict__ values, const float* __restrict__ gradients, float* __restrict__ sum, std::size_t count,
                             Factors f) {
  for (std::size_t i = 0; i < count; ++i) {
    const float gradient = gradients[i] + f.weight_decay * values[i];
    sum[i] += gradient * gradient;
    values[i] -= f.lr * gradient / (std::sqrt(sum[i]) + f.eps);
  }
}

class Adagrad final : public Optimizer {
 public:
  Adagrad(const AdagradArguments& arguments, std::size_t count)
      : arguments_(arguments), sum_(count, static_cast<float>(arguments.initial_accumulator_value)) {}

  Rates rates() const override { return {arguments_.lr, arguments_.weight_decay, 0}; }
  bool use_momentum() override { return false; }

  void step(std::span<float> values, std::span<const float> gradients, std::span<const ParameterGroup> groups) override {
    const double slowed = 1 + static_cast<double>(counters_.steps) * arguments_.lr_decay;
    const auto factors_of = [&](const Rates& rates) -> Factors {
      return {static_cast<float>(rates.weight_decay), static_cast<float>(arguments_.eps), static_cast<float>(rates.lr / slowed)};
    };
    const auto update_part = [&](std::size_t begin, std::size_t end, const Factors& factors) {
      update(values.data() + begin, gradients.data() + begin, sum_.data() + begin, end - begin, factors);
    };
    update_elements("adagrad", sum_.size(), values, gradients, groups, factors_of, update_part);
    ++counters_.steps;
  }

  std::vector<State> state() override { return {{"sum", sum_}}; }

 private:
  AdagradArguments arguments_;
  std::vector<float> sum_;
};

std::unique_ptr<Optimizer> make(const Selection& selection, std::size_t count) {
  return std::make_unique<Adagrad>(read_arguments(schema(), selection), count);
}

}  // namespace

OptimizerType adagrad() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
