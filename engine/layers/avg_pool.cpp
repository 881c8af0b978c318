#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct AvgPoolArguments {
  Size kernel_size;
  std::optional<Size> stride;
  Size padding;
  bool ceil_mode = false;
  bool count_include_pad = true;
};

const Schema<AvgPoolArguments> schema =
    Schema<AvgPoolArguments>("avg_pool", "Mean of each window, channel by channel.", "torch.nn.AvgPool2d")
        .required("kernel_size", &AvgPoolArguments::kernel_size, "size of the window, in pixels", at_least(1))
        .optional("stride", &AvgPoolArguments::stride, "step of the window, in pixels; none is kernel_size", at_least(1))
        .optional("padding", &AvgPoolArguments::padding, "zeros added on each side, at most half the kernel", at_least(0))
        .optional("ceil_mode", &AvgPoolArguments::ceil_mode, "rounds the output's size up: a last window may hang over the end")
        .optional("count_include_pad", &AvgPoolArguments::count_include_pad, "whether the padding's zeros count in the mean");

std::string describe(const AvgPoolArguments& arguments) {
  std::vector<std::string> parts;
  describe_window(parts, arguments.kernel_size, arguments.stride.value_or(arguments.kernel_size), arguments.kernel_size);
  if (arguments.padding != Size{}) parts.push_back("padding " + to_string(arguments.padding));
  if (arguments.ceil_mode) parts.emplace_back("ceil");
  if (!arguments.count_include_pad) parts.emplace_back("padding not counted");
  return fmt::format("{}", fmt::join(parts, ", "));
}

void build(const AvgPoolArguments& arguments, LayerBuilder& layer) {
  layer.describe(describe(arguments));
  require_padding_within_half(layer, arguments.kernel_size, arguments.padding);
  Windows windows =
      make_windows(arguments.kernel_size, arguments.stride.value_or(arguments.kernel_size), arguments.padding, {1, 1}, arguments.ceil_mode);
  const Shape out = slide(layer, windows, layer.input().channels);
  drop_idle_ceil(windows, layer.input());
  layer.apply(Pooling{Pooling::Kind::average, windows.vertical, windows.horizontal, arguments.count_include_pad}, out);
}

}  // namespace

LayerType avg_pool_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
