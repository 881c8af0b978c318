#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct SiluArguments {};

const Schema<SiluArguments> schema("silu", "x * sigmoid(x), element by element; also known as swish (Ramachandran et al., 2017).",
                                   "torch.nn.SiLU");

void build(const SiluArguments&, LayerBuilder& layer) { layer.apply(Eltwise{Eltwise::Function::silu}, layer.input()); }

}  // namespace

LayerType silu_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
