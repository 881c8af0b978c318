#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct SoftplusArguments {
  double beta = 1;
  double threshold = 20;
};

const Schema<SoftplusArguments> schema =
    Schema<SoftplusArguments>("softplus", "log(1 + exp(beta * x)) / beta, element by element.", "torch.nn.Softplus")
        .optional("beta", &SoftplusArguments::beta, "sharpness of the bend at 0", at_least(1e-30))
        .optional("threshold", &SoftplusArguments::threshold, "beta * x from which on the result is x itself");

std::string describe(const SoftplusArguments& arguments) {
  const SoftplusArguments defaults;
  std::vector<std::string> parts;
  if (arguments.beta != defaults.beta) parts.push_back(fmt::format("beta {}", arguments.beta));
  if (arguments.threshold != defaults.threshold) parts.push_back(fmt::format("threshold {}", arguments.threshold));
  return fmt::format("{}", fmt::join(parts, ", "));
}

void build(const SoftplusArguments& arguments, LayerBuilder& layer) {
  layer.describe(describe(arguments));
  layer.apply(Eltwise{Eltwise::Function::softplus, static_cast<float>(arguments.beta), static_cast<float>(arguments.threshold)},
              layer.input());
}

}  // namespace

LayerType softplus_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
