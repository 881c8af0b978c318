#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct AdaptiveMaxPoolArguments {
  Size output_size;
};

const Schema<AdaptiveMaxPoolArguments> schema =
    Schema<AdaptiveMaxPoolArguments>("adaptive_max_pool",
                                     "Largest value of each of as many windows as give the wanted size, whatever the input's size.",
                                     "torch.nn.AdaptiveMaxPool2d")
        .required("output_size", &AdaptiveMaxPoolArguments::output_size, "size of the output, in pixels", at_least(1));

void build(const AdaptiveMaxPoolArguments& arguments, LayerBuilder& layer) {
  layer.describe(to_string(arguments.output_size));
  pool_to_size(layer, Pooling::Kind::max, arguments.output_size);
}

}  // namespace

LayerType adaptive_max_pool_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
