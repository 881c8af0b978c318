#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct MishArguments {};

const Schema<MishArguments> schema("mish", "x * tanh(log(1 + exp(x))), element by element (Misra, 2019).", "torch.nn.Mish");

void build(const MishArguments&, LayerBuilder& layer) { layer.apply(Eltwise{Eltwise::Function::mish}, layer.input()); }

}  // namespace

LayerType mish_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
