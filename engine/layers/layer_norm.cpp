#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/layers/norm.h"

namespace cnnctl {
namespace {

struct LayerNormArguments {
  double eps = 1e-5;
  bool affine = true;
};

const Schema<LayerNormArguments> schema =
    Schema<LayerNormArguments>("layer_norm",
                               "Normalizes a vector over its features, and each pixel of a map over its channels (Ba et al., 2016).",
                               "torch.nn.LayerNorm")
        .optional("eps", &LayerNormArguments::eps, "added to the variance before its root is taken", between(0, 1))
        .optional("affine", &LayerNormArguments::affine, "scales and shifts each channel by trained numbers");

void build(const LayerNormArguments& arguments, LayerBuilder& layer) {
  std::vector<std::string> parts;
  describe_norm(parts, arguments.eps, LayerNormArguments{}.eps, arguments.affine);
  layer.describe(fmt::format("{}", fmt::join(parts, ", ")));
  layer.apply(LayerNorm{static_cast<float>(arguments.eps), arguments.affine}, layer.input(), affine_parameters(layer, arguments.affine));
}

}  // namespace

LayerType layer_norm_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
