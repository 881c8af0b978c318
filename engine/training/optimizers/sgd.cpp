#include "engine/runtime/vectorize.h"
#include "engine/schema/arguments.h"
#include "engine/training/optimizers/elements.h"
#include "engine/training/optimizers/types.h"

namespace cnnctl {
namespace {

struct SgdArguments {
  double lr = 0;
  double momentum = 0;
  double dampening = 0;
  bool nesterov = false;
  double weight_decay = 0;
};

const Schema<SgdArguments>& schema() {
  static const Schema<SgdArguments> schema =
      Schema<SgdArguments>("sgd", "Stochastic gradient descent, with momentum where asked for.", "torch.optim.SGD")
          .required("lr", &SgdArguments::lr, "learning rate", at_least(0))
          .optional("momentum", &SgdArguments::momentum, "share of the last update that the next one keeps", at_least(0))
          .optional("dampening", &SgdArguments::dampening, "share of the gradient that momentum leaves out")
          .optional("nesterov", &SgdArguments::nesterov, "looks ahead along the momentum (needs momentum and no dampening)")
          .optional("weight_decay", &SgdArguments::weight_decay, "factor on the weights that is added to their gradient", at_least(0));
  return schema;
}

void check(const Value& values, const Place& place, Diagnostics& diagnostics) {
  const auto arguments = schema().read(values, place, diagnostics);
  if (!arguments || !arguments->nesterov) return;
  const Place& nesterov = values.find("nesterov")->place;
  if (arguments->momentum <= 0) diagnostics.error(nesterov, "sgd: nesterov needs a momentum", "add momentum: 0.9");
  if (arguments->dampening != 0) diagnostics.error(nesterov, "sgd: nesterov allows no dampening", "remove dampening");
}

/// The numbers that are the same for all elements of a step.
struct Factors {
  float weight_decay;
  float keep;      // of the momentum buffer
  float add;       // of the gradient, to the buffer
  float gradient;  // of the gradient, in the update
  float momentum;  // of the buffer, in the update
  float lr;
};

CNNCTL_VECTORIZE void update_plain(float* __restrict__ values, const float* __restrict__ gradients, std::size_t count, Factors f) {
  for (std::size_t i = 0; i < count; ++i) values[i] -= f.lr * (gradients[i] + f.weight_decay * values[i]);
}

CNNCTL_VECTORIZE void update_with_momentum(float* __restrict__ values, const float* __restrict__ gradients, float* __restrict__ buffer,
                                           std::size_t count, Factors f) {
  for (std::size_t i = 0; i < count; ++i) {
    const float gradient = gradients[i] + f.weight_decay * values[i];
    const float moved = f.keep * buffer[i] + f.add * gradient;
    buffer[i] = moved;
    values[i] -= f.lr * (f.gradient * gradient + f.momentum * moved);
  }
}

class Sgd final : public Optimizer {
 public:
  Sgd(const SgdArguments& arguments, std::size_t count) : arguments_(arguments), count_(count) {
    if (arguments.momentum != 0) momentum_buffer_.resize(count);
  }

  Rates rates() const override { return {arguments_.lr, arguments_.weight_decay, arguments_.momentum}; }
  bool use_momentum() override {
    momentum_buffer_.resize(count_);
    return true;
  }

  void step(std::span<float> values, std::span<const float> gradients, std::span<const ParameterGroup> groups) override {
    const auto update = [&](std::size_t begin, std::size_t end, const Factors& factors) {
      if (momentum_buffer_.empty())
        update_plain(values.data() + begin, gradients.data() + begin, end - begin, factors);
      else
        update_with_momentum(values.data() + begin, gradients.data() + begin, momentum_buffer_.data() + begin, end - begin, factors);
    };
    update_elements(
        "sgd", count_, values, gradients, groups, [this](const Rates& rates) { return factors_of(rates); }, update);
    ++counters_.steps;
  }

  std::vector<State> state() override {
    if (momentum_buffer_.empty()) return {};
    return {{"momentum_buffer", momentum_buffer_}};
  }

 private:
  Factors factors_of(const Rates& rates) const {
    const auto momentum = static_cast<float>(rates.momentum);
    const bool first = counters_.steps == 0;  // the buffer starts as the first gradient, undampened
    return {.weight_decay = static_cast<float>(rates.weight_decay),
            .keep = first ? 0.0F : momentum,
            .add = first ? 1.0F : static_cast<float>(1 - arguments_.dampening),
            .gradient = arguments_.nesterov ? 1.0F : 0.0F,
            .momentum = arguments_.nesterov ? momentum : 1.0F,
            .lr = static_cast<float>(rates.lr)};
  }

  SgdArguments arguments_;
  std::size_t count_;
  std::vector<float> momentum_buffer_;
};

std::unique_ptr<Optimizer> make(const Selection& selection, std::size_t count) {
  return std::make_unique<Sgd>(read_arguments(schema(), selection), count);
}

}  // namespace

OptimizerType sgd() { return {{&schema().declaration(), check}, make}; }

}  // namespace cnnctl
