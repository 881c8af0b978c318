#include "engine/schema/arguments.h"
#include "engine/training/optimizers/betas.h"
#include "engine/training/optimizers/moments.h"
#include "engine/training/optimizers/types.h"

namespace cnnctl {
namespace {

/// Adam's, or, where the decay is decoupled from the gradient, AdamW's.
template <bool decoupled>
struct Arguments {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = decoupled ? 0.01 : 0;
};

template <bool decoupled>
const Schema<Arguments<decoupled>>& schema() {
  using A = Arguments<decoupled>;
  static const Schema<A> schema =
      (decoupled ? Schema<A>("adamw", "Adam with decoupled weight decay.", "torch.optim.AdamW")
                 : Schema<A>("adam", "Adam: steps by the mean of the gradient over the root of its mean square.", "torch.optim.Adam"))
          .optional("lr", &A::lr, "learning rate", at_least(0))
          .optional("betas", &A::betas, "decay of the gradient's first and second moment", from_below(0, 1))
          .optional("eps", &A::eps, "added to the denominator", between(1e-30, 1))
          .optional("weight_decay", &A::weight_decay,
                    decoupled ? "share of the weights, times the learning rate, that a step takes away"
                              : "factor on the weights that is added to their gradient",
                    at_least(0));
  return schema;
}

template <bool decoupled>
void check(const Value& values, const Place& place, Diagnostics& diagnostics) {
  if (const auto arguments = schema<decoupled>().read(values, place, diagnostics))
    check_betas(arguments->betas, schema<decoupled>().declaration().name, values, diagnostics);
}

template <bool decoupled>
std::unique_ptr<Optimizer> make(const Selection& selection, std::size_t count) {
  const Arguments<decoupled> a = read_arguments(schema<decoupled>(), selection);
  return make_moments_optimizer({{a.lr, a.weight_decay, a.betas.at(0)}, a.betas.at(1), a.eps, decoupled}, count);
}

template <bool decoupled>
OptimizerType type() {
  return {{&schema<decoupled>().declaration(), check<decoupled>}, make<decoupled>};
}

}  // namespace

OptimizerType adam() { return type<false>(); }
OptimizerType adamw() { return type<true>(); }

}  // namespace cnnctl
