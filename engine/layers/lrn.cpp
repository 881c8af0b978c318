#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct LrnArguments {
  std::int64_t size = 0;
  double alpha = 1e-4;
  double beta = 0.75;
  double k = 1;
};

const Schema<LrnArguments> schema =
    Schema<LrnArguments>("lrn",
                         "Local response normalization: divides by (k + alpha / size * the sum of squares over neighbouring channels) ^ "
                         "beta (Krizhevsky et al., 2012).",
                         "torch.nn.LocalResponseNorm")
        .required("size", &LrnArguments::size, "number of neighbouring channels", at_least(1))
        .optional("alpha", &LrnArguments::alpha, "factor of the mean square", at_least(0))
        .optional("beta", &LrnArguments::beta, "exponent", at_least(0))
        .optional("k", &LrnArguments::k, "added to the sum", at_least(1e-30));

std::string describe(const LrnArguments& arguments) {
  const LrnArguments defaults;
  std::vector<std::string> parts = {fmt::format("size {}", arguments.size)};
  if (arguments.alpha != defaults.alpha) parts.push_back(fmt::format("alpha {}", arguments.alpha));
  if (arguments.beta != defaults.beta) parts.push_back(fmt::format("beta {}", arguments.beta));
  if (arguments.k != defaults.k) parts.push_back(fmt::format("k {}", arguments.k));
  return fmt::format("{}", fmt::join(parts, ", "));
}

void build(const LrnArguments& arguments, LayerBuilder& layer) {
  layer.describe(describe(arguments));
  require_map(layer);
  layer.apply(LocalResponseNorm{arguments.size, static_cast<float>(arguments.alpha), static_cast<float>(arguments.beta),
                                static_cast<float>(arguments.k)},
              layer.input());
}

}  // namespace

LayerType lrn_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
