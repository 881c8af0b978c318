#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct HardswishArguments {};

const Schema<HardswishArguments> schema("hardswish", "x * min(max(x + 3, 0), 6) / 6, element by element (Howard et al., 2019).",
                                        "torch.nn.Hardswish");

void build(const HardswishArguments&, LayerBuilder& layer) { layer.apply(Eltwise{Eltwise::Function::hardswish}, layer.input()); }

}  // namespace

LayerType hardswish_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
