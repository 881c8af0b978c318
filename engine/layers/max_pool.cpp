#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct MaxPoolArguments {
  Size kernel_size;
  std::optional<Size> stride;
  Size padding;
  Size dilation = {1, 1};
  bool ceil_mode = false;
};

const Schema<MaxPoolArguments> schema =
    Schema<MaxPoolArguments>("max_pool", "Largest value of each window, channel by channel.", "torch.nn.MaxPool2d")
        .required("kernel_size", &MaxPoolArguments::kernel_size, "size of the window, in pixels", at_least(1))
        .optional("stride", &MaxPoolArguments::stride, "step of the window, in pixels; none is kernel_size", at_least(1))
        .optional("padding", &MaxPoolArguments::padding, "pixels added on each side that never win, at most half the kernel", at_least(0))
        .optional("dilation", &MaxPoolArguments::dilation, "distance between the window's pixels", at_least(1))
        .optional("ceil_mode", &MaxPoolArguments::ceil_mode, "rounds the output's size up: a last window may hang over the end");

std::string describe(const MaxPoolArguments& arguments) {
  std::vector<std::string> parts;
  describe_window(parts, arguments.kernel_size, arguments.stride.value_or(arguments.kernel_size), arguments.kernel_size);
  if (arguments.padding != Size{}) parts.push_back("padding " + to_string(arguments.padding));
  if (arguments.dilation != Size{1, 1}) parts.push_back("dilation " + to_string(arguments.dilation));
  if (arguments.ceil_mode) parts.emplace_back("ceil");
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// A dilated window could step over a small input from one padding to the other.
void require_pixel_in_each_window(const MaxPoolArguments& arguments, const Shape& in) {
  const Size &padding = arguments.padding, &dilation = arguments.dilation;
  const bool misses = (padding.height > 0 && dilation.height > in.height) || (padding.width > 0 && dilation.width > in.width);
  if (!misses) return;
  throw ShapeError(fmt::format("max_pool's dilation {} is larger than its input {}: a window could lie in the padding alone",
                               to_string(dilation), to_string(in)),
                   "use a smaller dilation, or no padding");
}

void build(const MaxPoolArguments& arguments, LayerBuilder& layer) {
  layer.describe(describe(arguments));
  require_padding_within_half(layer, arguments.kernel_size, arguments.padding);
  Windows windows = make_windows(arguments.kernel_size, arguments.stride.value_or(arguments.kernel_size), arguments.padding,
                                 arguments.dilation, arguments.ceil_mode);
  const Shape out = slide(layer, windows, layer.input().channels);
  require_pixel_in_each_window(arguments, layer.input());
  drop_idle_ceil(windows, layer.input());
  layer.apply(Pooling{Pooling::Kind::max, windows.vertical, windows.horizontal}, out);
}

}  // namespace

LayerType max_pool_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
