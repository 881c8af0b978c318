#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct ReluArguments {};

const Schema<ReluArguments> schema("relu", "max(0, x), element by element.", "torch.nn.ReLU");

void build(const ReluArguments&, LayerBuilder& layer) { layer.apply(Eltwise{Eltwise::Function::relu}, layer.input()); }

}  // namespace

LayerType relu_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
