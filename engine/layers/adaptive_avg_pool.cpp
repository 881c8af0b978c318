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
  const Size& size = arguments.output_size;
  layer.describe(to_string(size));
  require_map(layer);
  const Shape in = layer.input();
  if (in.height % size.height != 0 || in.width % size.width != 0) {
    layer.apply(AdaptivePooling{size.height, size.width}, {in.channels, size.height, size.width});
    return;
  }
  const Size kernel{in.height / size.height, in.width / size.width};
  const Windows windows = make_windows(kernel, kernel, {0, 0});
  const Shape out = slide(layer, windows, in.channels);
  layer.apply(Pooling{Pooling::Kind::average, windows.vertical, windows.horizontal}, out);
}

}  // namespace

LayerType adaptive_avg_pool_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
