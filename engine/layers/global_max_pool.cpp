#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct GlobalMaxPoolArguments {};

const Schema<GlobalMaxPoolArguments> schema = Schema<GlobalMaxPoolArguments>(
    "global_max_pool", "Largest value of each channel over the whole map; gives one pixel.", "torch.nn.AdaptiveMaxPool2d(1)");

void build(const GlobalMaxPoolArguments&, LayerBuilder& layer) { pool_to_size(layer, Pooling::Kind::max, {1, 1}); }

}  // namespace

LayerType global_max_pool_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
