#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct HardsigmoidArguments {};

const Schema<HardsigmoidArguments> schema("hardsigmoid", "min(max(x + 3, 0), 6) / 6, element by element.", "torch.nn.Hardsigmoid");

void build(const HardsigmoidArguments&, LayerBuilder& layer) { layer.apply(Eltwise{Eltwise::Function::hardsigmoid}, layer.input()); }

}  // namespace

LayerType hardsigmoid_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
