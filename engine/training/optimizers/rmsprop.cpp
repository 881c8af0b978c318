#include <cmath>

#include "engine/runtime/vectorize.h"
#include "engine/schema/arguments.h"
#include "engine/training/optimizers/elements.h"
#include "engine/training/optimizers/types.h"

namespace cnnctl {
namespace {

struct RmspropArguments {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;
};

const Schema<RmspropArguments>& schema() {
  static const Schema<RmspropArguments> schema =
      Schema<RmspropArguments>("rmsprop", "Steps by the gradient over the root of its mean square.", "torch.optim.RMSprop")
          .optional("lr", &RmspropArguments::lr, "learning rate", at_least(0))
          .optional("alpha", &RmspropArguments::alpha, "decay of the gradient's mean square", from_below(0, 1))
          .optional("eps", &RmspropArguments::eps, "added to the denominator", between(1e-30, 1))
          .optional("weight_decay", &RmspropArguments::weight_decay, "factor on the weights that is added to their gradient", at_least(0))
          .optional("momentum", &RmspropArguments::momentum, "share of the last update that the next one keeps", at_least(0))
          .optional("centered", &RmspropArguments::centered, "divide by the root of the gradient's variance instead");
  return schema;
}

/// The numbers that are the same for all elements of a step.
struct Factors {
  float weight_decay;
  float keep;
  float add;
  float eps;
  float momentum;
  float lr;
};

/// `average` and `buffer` may be null: then the gradient's mean is taken for 0, and there is no momentum.
struct Buffers {
  float* square;
  float* average;
  float* buffer;
};

template <bool centered, bool with_momentum>
[[gnu::always_inline]] inline void update_all(float* __restrict__ values, const float* __restrict__ gradients, float* __restrict__ square,
                                              float* __restrict__ average, float* __restrict__ buffer, std::size_t count, Factors f) {
  for (std::size_t i = 0; i < count; ++i) {
    const float gradient = gradients[i] + f.weight_decay * values[i];
    float variance = square[i] = f.keep * square[i] + f.add * gradient * gradient;
    if constexpr (centered) {
      const float mean = average[i] = f.keep * average[i] + f.add * gradient;
      variance -= mean * mean;
      variance = variance < 0 ? 0 : variance;  // by rounding, where the gradient hardly changes
    }
    float step = gradient / (std::sqrt(variance) + f.eps);
    if constexpr (with_momentum) step = buffer[i] = f.momentum * buffer[i] + step;
    values[i] -= f.lr * step;
  }
}

CNNCTL_VECTORIZE void update(float* values, const float* gradients, Buffers b, std::size_t count, Factors f) {
  if (b.average && b.buffer) return update_all<true, true>(values, gradients, b.square, b.average, b.buffer, count, f);
  if (b.average) return update_all<true, false>(values, gradients, b.square, b.average, b.buffer, count, f);
  if (b.buffer) return update_all<false, true>(values, gradients, b.square, b.average, b.buffer, count, f);
  update_all<false, false>(values, gradients, b.square, b.average, b.buffer, count, f);
}

class Rmsprop final : public Optimizer {
 public:
  Rmsprop(const RmspropArguments& arguments, std::size_t count) : arguments_(arguments), square_avg_(count) {
    if (arguments.centered) grad_avg_.resize(count);
    if (arguments.momentum != 0) momentum_buffer_.resize(count);
  }

  Rates rates() const override { return {arguments_.lr, arguments_.weight_decay, arguments_.momentum}; }
  bool use_momentum() override {
    momentum_buffer_.resize(square_avg_.size());
    return true;
  }

  void step(std::span<float> values, std::span<const float> gradients, std::span<const ParameterGroup> groups) override {
    const auto at = [](std::vector<float>& buffer, std::size_t begin) { return buffer.empty() ? nullptr : buffer.data() + begin; };
    const auto update_part = [&](std::size_t begin, std::size_t end, const Factors& factors) {
      update(values.data() + begin, gradients.data() + begin,
             {square_avg_.data() + begin, at(grad_avg_, begin), at(momentum_buffer_, begin)}, end - begin, factors);
    };
    const auto factors_of = [this](const Rates& rates) -> Factors {
      return {.weight_decay = static_cast<float>(rates.weight_decay),
              .keep = static_cast<float>(arguments_.alpha),
              .add = static_cast<float>(1 - arguments_.alpha),
              .eps = static_cast<float>(arguments_.eps),
              .momentum = static_cast<float>(rates.momentum),
              .lr = static_cast<float>(rates.lr)};
    };
    update_elements("rmsprop", square_avg_.size(), values, gradients, groups, factors_of, update_part);
    ++counters_.steps;
  }

  std::vector<State> state() override {
    std::vector<State> states = {{"square_avg", square_avg_}};
    if (!grad_avg_.empty()) states.push_back({"grad_avg", grad_avg_});
    if (!momentum_buffer_.empty()) states.push_back({"momentum_buffer", momentum_buffer_});
    return states;
  }

 private:
  RmspropArguments arguments_;
  std::vector<float> square_avg_;
  std::vector<float> grad_avg_;
  std::vector<float> momentum_buffer_;
};

std::unique_ptr<Optimizer> make(const Selection& selection, std::size_t count) {
  return std::make_unique<Rmsprop>(read_arguments(schema(), selection), count);
}

}  // namespace

OptimizerType rmsprop() { return {choice_of(schema()), make}; }

}  // namespace cnnctl
