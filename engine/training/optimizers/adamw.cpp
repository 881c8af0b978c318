#include "engine/training/arguments.h"
#include "engine/training/optimizers/moments.h"
#include "engine/training/optimizers/types.h"

namespace cnnctl {
namespace {

struct AdamWArguments {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0.01;
};

const Schema<AdamWArguments>& schema() {
  static const Schema<AdamWArguments> schema =
      Schema<AdamWArguments>("adamw", "Adam with decoupled weight decay.", "torch.optim.AdamW")
          .optional("lr", &AdamWArguments::lr, "learning rate", at_least(0))
          .optional("betas", &AdamWArguments::betas, "decay of the gradient's first and second moment", from_below(0, 1))
          .optional("eps", &AdamWArguments::eps, "added to the denominator", between(1e-30, 1))
          .optional("weight_decay", &AdamWArguments::weight_decay, "share of the weights, times the learning rate, that a step takes away",
                    at_least(0));
  return schema;
}

void check(const Value& values, const Place& place, Diagnostics& diagnostics) {
  if (const auto arguments = schema().read(values, place, diagnostics)) check_betas(arguments->betas, values, "adamw", diagnostics);
}

std::unique_ptr<Optimizer> make(const Selection& selection, std::size_t count) {
  const AdamWArguments a = read_arguments(schema(), selection);
  return make_moments_optimizer({a.lr, a.betas.at(0), a.betas.at(1), a.eps, a.weight_decay, /*decoupled=*/true}, count);
}

}  // namespace

OptimizerType adamw() { return {{&schema().declaration(), check}, make}; }

}  // namespace cnnctl
