#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct PreluArguments {
  std::int64_t num_parameters = 1;
  double init = 0.25;
};

const Schema<PreluArguments> schema =
    Schema<PreluArguments>("prelu", "x where it is positive, else a trained factor times x (He et al., 2015).", "torch.nn.PReLU")
        .optional("num_parameters", &PreluArguments::num_parameters, "1 for one factor, or as many as there are channels", at_least(1))
        .optional("init", &PreluArguments::init, "what the factors start as");

std::string describe(const PreluArguments& arguments) {
  const PreluArguments defaults;
  std::vector<std::string> parts;
  if (arguments.num_parameters != defaults.num_parameters) parts.push_back(fmt::format("num_parameters {}", arguments.num_parameters));
  if (arguments.init != defaults.init) parts.push_back(fmt::format("init {}", arguments.init));
  return fmt::format("{}", fmt::join(parts, ", "));
}

void build(const PreluArguments& arguments, LayerBuilder& layer) {
  layer.describe(describe(arguments));
  const std::int64_t count = arguments.num_parameters;
  const bool shared = count == 1;
  if (!shared && count != layer.input().channels)
    throw ShapeError(
        fmt::format("prelu's num_parameters {} must be 1 or the number of its input's channels, {}", count, layer.input().channels));
  const ParameterId weight = layer.parameter("weight", {count}, {Initializer::Kind::constant, arguments.init});
  layer.apply(ChannelScale{true, shared}, layer.input(), {weight});
}

}  // namespace

LayerType prelu_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
