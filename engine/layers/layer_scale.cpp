#include <fmt/format.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct LayerScaleArguments {
  double init = 1e-6;
};

const Schema<LayerScaleArguments> schema =
    Schema<LayerScaleArguments>(
        "layer_scale", "Multiplies each channel by a trained factor, which is called as the item (Touvron et al., 2021; ConvNeXt).",
        "torchvision.models.convnext.CNBlock")
        .optional("init", &LayerScaleArguments::init, "what the factors start as");

void build(const LayerScaleArguments& arguments, LayerBuilder& layer) {
  if (arguments.init != LayerScaleArguments{}.init) layer.describe(fmt::format("init {}", arguments.init));
  const ParameterId factors = layer.parameter("", {layer.input().channels, 1, 1}, {Initializer::Kind::constant, arguments.init});
  layer.apply(ChannelScale{}, layer.input(), {factors});
}

}  // namespace

LayerType layer_scale_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
