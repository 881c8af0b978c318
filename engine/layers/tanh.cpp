#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct TanhArguments {};

const Schema<TanhArguments> schema("tanh", "Hyperbolic tangent, element by element.", "torch.nn.Tanh");

void build(const TanhArguments&, LayerBuilder& layer) { layer.apply(Eltwise{Eltwise::Function::tanh}, layer.input()); }

}  // namespace

LayerType tanh_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
