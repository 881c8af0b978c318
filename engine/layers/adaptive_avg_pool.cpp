#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct AdaptiveAvgPoolArguments {
  Size output_size;
};

const Schema<AdaptiveAvgPoolArguments> schema =
    Schema<AdaptiveAvgPoolArguments>("adaptive_avg_pool", "Mean of as many windows as give the wanted size, whatever the input's size.",
                                     "torch.nn.AdaptiveAvgPool2d")
        .required("output_size", &AdaptiveAvgPoolArguments::output_size, "size of the output, in pixels", at_least(1));

void build(const AdaptiveAvgPoolArguments& arguments, LayerBuilder& layer) {
  layer.describe(to_string(arguments.output_size));
  pool_to_size(layer, Pooling::Kind::average, arguments.output_size);
}

}  // namespace

LayerType adaptive_avg_pool_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
