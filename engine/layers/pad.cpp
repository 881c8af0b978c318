#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct PadArguments {
  std::optional<Size> padding;
  std::optional<std::int64_t> top, bottom, left, right;
  std::string mode = "constant";
  double value = 0;
};

const Schema<PadArguments> schema =
    Schema<PadArguments>("pad", "Adds a border of pixels around a map.", "torch.nn.functional.pad")
        .optional("padding", &PadArguments::padding, "pixels added on each side: one number, or [above and below, left and right]",
                  at_least(0))
        .optional("top", &PadArguments::top, "pixels added above, instead of what padding says", at_least(0))
        .optional("bottom", &PadArguments::bottom, "pixels added below, instead of what padding says", at_least(0))
        .optional("left", &PadArguments::left, "pixels added on the left, instead of what padding says", at_least(0))
        .optional("right", &PadArguments::right, "pixels added on the right, instead of what padding says", at_least(0))
        .optional("mode", &PadArguments::mode,
                  "what is added: the constant value, the map mirrored at its outermost pixels, or those pixels again", {},
                  {"constant", "reflect", "replicate"})
        .optional("value", &PadArguments::value, "what every added pixel is, in mode constant");

Pad::Mode mode_of(const std::string& name) {
  if (name == "reflect") return Pad::Mode::reflect;
  return name == "replicate" ? Pad::Mode::replicate : Pad::Mode::constant;
}

Pad op_of(const PadArguments& arguments) {
  const Size both = arguments.padding.value_or(Size{});
  return {mode_of(arguments.mode),
          arguments.top.value_or(both.height),
          arguments.bottom.value_or(both.height),
          arguments.left.value_or(both.width),
          arguments.right.value_or(both.width),
          static_cast<float>(arguments.value)};
}

void check(const PadArguments& arguments, const Pad& op, const Shape& in) {
  if (!arguments.padding && !arguments.top && !arguments.bottom && !arguments.left && !arguments.right)
    throw ShapeError("pad does not say where to add pixels", "give padding, or some of top, bottom, left and right");
  if (op.mode != Pad::Mode::constant && arguments.value != 0)
    throw ShapeError(fmt::format("pad's value {} has no use in mode {}", arguments.value, arguments.mode), "use mode: constant");
  const bool too_far = std::max(op.top, op.bottom) >= in.height || std::max(op.left, op.right) >= in.width;
  if (op.mode == Pad::Mode::reflect && too_far)
    throw ShapeError(fmt::format("pad cannot mirror {} pixels above, {} below, {} left and {} right out of its input {}", op.top, op.bottom,
                                 op.left, op.right, to_string(in)),
                     "in mode reflect, add less than the input's size");
}

std::string describe(const PadArguments& arguments, const Pad& op) {
  const bool even = op.top == op.bottom && op.left == op.right;
  std::vector<std::string> parts = {even ? to_string(Size{op.top, op.left})
                                         : fmt::format("top {}, bottom {}, left {}, right {}", op.top, op.bottom, op.left, op.right)};
  if (op.mode != Pad::Mode::constant) parts.push_back(arguments.mode);
  if (arguments.value != 0) parts.push_back(fmt::format("value {}", arguments.value));
  return fmt::format("{}", fmt::join(parts, ", "));
}

void build(const PadArguments& arguments, LayerBuilder& layer) {
  const Pad op = op_of(arguments);
  layer.describe(describe(arguments, op));
  require_map(layer);
  const Shape in = layer.input();
  check(arguments, op, in);
  const Shape out{in.channels, checked_sum(in.height, checked_sum(op.top, op.bottom)),
                  checked_sum(in.width, checked_sum(op.left, op.right))};
  layer.apply(op, out);
  const std::string vertical = fmt::format("{} + {} + {} = {}", op.top, in.height, op.bottom, out.height);
  const std::string horizontal = fmt::format("{} + {} + {} = {}", op.left, in.width, op.right, out.width);
  layer.arithmetic(vertical == horizontal ? vertical : vertical + "; " + horizontal);
}

}  // namespace

LayerType pad_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
