#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct SigmoidArguments {};

const Schema<SigmoidArguments> schema("sigmoid", "1 / (1 + exp(-x)), element by element.", "torch.nn.Sigmoid");

void build(const SigmoidArguments&, LayerBuilder& layer) { layer.apply(Eltwise{Eltwise::Function::sigmoid}, layer.input()); }

}  // namespace

LayerType sigmoid_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
