#include <fmt/format.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct MaxoutArguments {
  std::int64_t pool_size = 2;
};

const Schema<MaxoutArguments> schema =
    Schema<MaxoutArguments>("maxout", "Maximum of every pool_size consecutive channels, pixel by pixel (Goodfellow et al., 2013).")
        .required("pool_size", &MaxoutArguments::pool_size, "number of channels that one maximum is taken of", at_least(1));

void build(const MaxoutArguments& arguments, LayerBuilder& layer) {
  layer.describe(std::to_string(arguments.pool_size));
  Shape shape = layer.input();
  if (shape.channels % arguments.pool_size != 0)
    throw ShapeError(
        fmt::format("maxout's pool_size {} must divide the number of its input's channels, {}", arguments.pool_size, shape.channels));
  layer.arithmetic(fmt::format("{} / {} = {}", shape.channels, arguments.pool_size, shape.channels / arguments.pool_size));
  shape.channels /= arguments.pool_size;
  layer.apply(Maxout{arguments.pool_size}, shape);
}

}  // namespace

LayerType maxout_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
