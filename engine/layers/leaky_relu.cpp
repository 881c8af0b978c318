#include <fmt/format.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct LeakyReluArguments {
  double negative_slope = 0.01;
};

const Schema<LeakyReluArguments> schema =
    Schema<LeakyReluArguments>("leaky_relu", "x where it is positive, else negative_slope * x, element by element.", "torch.nn.LeakyReLU")
        .optional("negative_slope", &LeakyReluArguments::negative_slope, "factor of negative values");

void build(const LeakyReluArguments& arguments, LayerBuilder& layer) {
  if (arguments.negative_slope != LeakyReluArguments{}.negative_slope)
    layer.describe(fmt::format("negative_slope {}", arguments.negative_slope));
  layer.apply(Eltwise{Eltwise::Function::leaky_relu, static_cast<float>(arguments.negative_slope)}, layer.input());
}

}  // namespace

LayerType leaky_relu_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
