#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/layers/norm.h"

namespace cnnctl {
namespace {

struct BatchNormArguments {
  double eps = 1e-5;
  double momentum = 0.1;
  bool affine = true;
};

const Schema<BatchNormArguments> schema =
    Schema<BatchNormArguments>("batch_norm", "Normalizes each channel over the batch (Ioffe and Szegedy, 2015).", "torch.nn.BatchNorm2d")
        .optional("eps", &BatchNormArguments::eps, "added to the variance before its root is taken", between(0, 1))
        .optional("momentum", &BatchNormArguments::momentum, "weight of the new batch in the running statistics", between(0, 1))
        .optional("affine", &BatchNormArguments::affine, "scales and shifts each channel by trained numbers");

std::string describe(const BatchNormArguments& arguments) {
  const BatchNormArguments defaults;
  std::vector<std::string> parts;
  if (arguments.eps != defaults.eps) parts.push_back(fmt::format("eps {}", arguments.eps));
  if (arguments.momentum != defaults.momentum) parts.push_back(fmt::format("momentum {}", arguments.momentum));
  if (!arguments.affine) parts.emplace_back("not affine");
  return fmt::format("{}", fmt::join(parts, ", "));
}

void build(const BatchNormArguments& arguments, LayerBuilder& layer) {
  layer.describe(describe(arguments));
  const std::int64_t channels = layer.input().channels;
  std::vector<ParameterId> parameters = affine_parameters(layer, arguments.affine);
  parameters.push_back(layer.parameter("running_mean", {channels}, {Initializer::Kind::constant, 0}, false));
  parameters.push_back(layer.parameter("running_var", {channels}, {Initializer::Kind::constant, 1}, false));

  BatchNorm op;
  op.epsilon = static_cast<float>(arguments.eps);
  op.momentum = static_cast<float>(arguments.momentum);
  op.affine = arguments.affine;
  layer.apply(op, layer.input(), std::move(parameters));
}

}  // namespace

LayerType batch_norm_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
