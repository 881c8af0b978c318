#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct GeluArguments {
  std::string approximate = "none";
};

const Schema<GeluArguments> schema =
    Schema<GeluArguments>("gelu",
                          "x times the normal distribution's cumulative function of x, element by element (Hendrycks and Gimpel, 2016).",
                          "torch.nn.GELU")
        .optional("approximate", &GeluArguments::approximate, "tanh computes that function by a hyperbolic tangent", {}, {"none", "tanh"});

void build(const GeluArguments& arguments, LayerBuilder& layer) {
  const bool by_tanh = arguments.approximate == "tanh";
  if (by_tanh) layer.describe("approximate tanh");
  layer.apply(Eltwise{by_tanh ? Eltwise::Function::gelu_tanh : Eltwise::Function::gelu}, layer.input());
}

}  // namespace

LayerType gelu_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
