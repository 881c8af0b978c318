#include <fmt/format.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct EluArguments {
  double alpha = 1;
};

const Schema<EluArguments> schema =
    Schema<EluArguments>("elu", "x where it is positive, else alpha * (exp(x) - 1), element by element (Clevert et al., 2015).",
                         "torch.nn.ELU")
        .optional("alpha", &EluArguments::alpha, "scale of negative values");

void build(const EluArguments& arguments, LayerBuilder& layer) {
  if (arguments.alpha != EluArguments{}.alpha) layer.describe(fmt::format("alpha {}", arguments.alpha));
  layer.apply(Eltwise{Eltwise::Function::elu, static_cast<float>(arguments.alpha)}, layer.input());
}

}  // namespace

LayerType elu_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
