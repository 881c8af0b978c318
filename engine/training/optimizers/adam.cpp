#include "engine/training/arguments.h"
#include "engine/training/optimizers/moments.h"
#include "engine/training/optimizers/types.h"

namespace cnnctl {
namespace {

struct AdamArguments {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
};

const Schema<AdamArguments>& schema() {
  static const Schema<AdamArguments> schema =
      Schema<AdamArguments>("adam", "Adam: steps by the mean of the gradient over the root of its mean square.", "torch.optim.Adam")
          .optional("lr", &AdamArguments::lr, "learning rate", at_least(0))
          .optional("betas", &AdamArguments::betas, "decay of the gradient's first and second moment", from_below(0, 1))
          .optional("eps", &AdamArguments::eps, "added to the denominator", between(1e-30, 1))
          .optional("weight_decay", &AdamArguments::weight_decay, "factor on the weights that is added to their gradient", at_least(0));
  return schema;
}

void check(const Value& values, const Place& place, Diagnostics& diagnostics) {
  if (const auto arguments = schema().read(values, place, diagnostics)) check_betas(arguments->betas, values, "adam", diagnostics);
}

std::unique_ptr<Optimizer> make(const Selection& selection, std::size_t count) {
  const AdamArguments a = read_arguments(schema(), selection);
  return make_moments_optimizer({a.lr, a.betas.at(0), a.betas.at(1), a.eps, a.weight_decay, /*decoupled=*/false}, count);
}

}  // namespace

OptimizerType adam() { return {{&schema().declaration(), check}, make}; }

}  // namespace cnnctl
