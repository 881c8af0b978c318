#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct MaxPoolArguments {
  Size kernel_size;
  std::optional<Size> stride;
  Size padding;
};

const Schema<MaxPoolArguments> schema =
    Schema<MaxPoolArguments>("max_pool", "Largest value of each window, channel by channel.", "torch.nn.MaxPool2d")
        .required("kernel_size", &MaxPoolArguments::kernel_size, "size of the window, in pixels", at_least(1))
        .optional("stride", &MaxPoolArguments::stride, "step of the window, in pixels; none is kernel_size", at_least(1))
        .optional("padding", &MaxPoolArguments::padding, "pixels added on each side that never win, at most half the kernel", at_least(0));

std::string describe(const MaxPoolArguments& arguments) {
  std::vector<std::string> parts;
  describe_window(parts, arguments.kernel_size, arguments.stride.value_or(arguments.kernel_size), arguments.kernel_size);
  if (arguments.padding != Size{}) parts.push_back("padding " + to_string(arguments.padding));
  return fmt::format("{}", fmt::join(parts, ", "));
}

void build(const MaxPoolArguments& arguments, LayerBuilder& layer) {
  layer.describe(describe(arguments));
  require_padding_within_half(layer, arguments.kernel_size, arguments.padding);
  const Windows windows = make_windows(arguments.kernel_size, arguments.stride.value_or(arguments.kernel_size), arguments.padding);
  const Shape out = slide(layer, windows, layer.input().channels);
  layer.apply(Pooling{Pooling::Kind::max, windows.vertical, windows.horizontal}, out);
}

}  // namespace

LayerType max_pool_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
