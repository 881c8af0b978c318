#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct GlobalAvgPoolArguments {};

const Schema<GlobalAvgPoolArguments> schema = Schema<GlobalAvgPoolArguments>(
    "global_avg_pool", "Mean of each channel over the whole map; gives one pixel.", "torch.nn.AdaptiveAvgPool2d(1)");

void build(const GlobalAvgPoolArguments&, LayerBuilder& layer) { pool_to_size(layer, Pooling::Kind::average, {1, 1}); }

}  // namespace

LayerType global_avg_pool_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
