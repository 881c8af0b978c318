#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct SoftmaxArguments {};

const Schema<SoftmaxArguments> schema("softmax", "Positive numbers of sum 1 over the channels, of each pixel on a map.",
                                      "torch.nn.Softmax(dim=1)");

void build(const SoftmaxArguments&, LayerBuilder& layer) { layer.apply(Softmax{}, layer.input()); }

}  // namespace

LayerType softmax_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
