#include <fmt/format.h>

#include "engine/layers/layer.h"

namespace cnnctl {
namespace {

struct SliceArguments {
  std::int64_t begin = 0;
  std::optional<std::int64_t> end;
};

const Schema<SliceArguments> schema =
    Schema<SliceArguments>("slice", "The channels of a map (or features of a vector) from begin up to, not including, end.", "torch.narrow")
        .optional("begin", &SliceArguments::begin, "the first channel, counted from 0", at_least(0))
        .optional("end", &SliceArguments::end, "the channel after the last; none is all that follow", at_least(1));

void build(const SliceArguments& arguments, LayerBuilder& layer) {
  const Shape in = layer.input();
  const std::int64_t begin = arguments.begin, end = arguments.end.value_or(in.channels);
  layer.describe(fmt::format("{} to {}", begin, end));
  if (end > in.channels || begin >= in.channels)
    throw ShapeError(fmt::format("slice takes channels {} to {}, but its input {} has {}", begin, end, to_string(in), in.channels));
  if (begin >= end) throw ShapeError(fmt::format("slice's begin {} must be less than its end {}", begin, end));
  layer.apply(Slice{begin, end}, {end - begin, in.height, in.width, in.flat});
  layer.arithmetic(fmt::format("{} - {} = {}", end, begin, end - begin));
}

}  // namespace

LayerType slice_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
