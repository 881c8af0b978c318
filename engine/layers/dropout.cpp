#include <fmt/format.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct DropoutArguments {
  double p = 0.5;
};

const Schema<DropoutArguments> schema =
    Schema<DropoutArguments>("dropout", "Zeroes elements at random in training, the identity in evaluation (Srivastava et al., 2014).",
                             "torch.nn.Dropout")
        .optional("p", &DropoutArguments::p, "probability of an element to be zeroed", between(0, 1));

void build(const DropoutArguments& arguments, LayerBuilder& layer) {
  if (arguments.p != DropoutArguments{}.p) layer.describe(fmt::format("p {}", arguments.p));
  layer.apply(Dropout{static_cast<float>(arguments.p)}, layer.input());
}

}  // namespace

LayerType dropout_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
