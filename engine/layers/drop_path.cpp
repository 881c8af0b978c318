#include <fmt/format.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct DropPathArguments {
  double p = 0;
};

const Schema<DropPathArguments> schema =
    Schema<DropPathArguments>("drop_path", "Zeroes whole images at random in training, the identity in evaluation (Huang et al., 2016).",
                              "torchvision.ops.StochasticDepth")
        .required("p", &DropPathArguments::p, "probability of an image to be zeroed", between(0, 1));

void build(const DropPathArguments& arguments, LayerBuilder& layer) {
  layer.describe(fmt::format("p {}", arguments.p));
  layer.apply(Dropout{static_cast<float>(arguments.p), true}, layer.input());
}

}  // namespace

LayerType drop_path_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
