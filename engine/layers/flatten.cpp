#include <fmt/format.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct FlattenArguments {};

const Schema<FlattenArguments> schema("flatten", "Turns a map into a vector of its elements; a vector stays as it is.", "torch.nn.Flatten");

void build(const FlattenArguments&, LayerBuilder& layer) {
  const Shape in = layer.input();
  if (in.flat) return;
  layer.apply(Flatten{}, {in.count(), 1, 1, true});
  layer.arithmetic(fmt::format("{}*{}*{} = {}", in.channels, in.height, in.width, in.count()));
}

}  // namespace

LayerType flatten_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
