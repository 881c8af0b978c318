#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct Relu6Arguments {};

const Schema<Relu6Arguments> schema("relu6", "min(max(0, x), 6), element by element.", "torch.nn.ReLU6");

void build(const Relu6Arguments&, LayerBuilder& layer) { layer.apply(Eltwise{Eltwise::Function::relu6}, layer.input()); }

}  // namespace

LayerType relu6_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
