#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/graph/cost.h"
#include "engine/layers/window.h"

namespace cnnctl {
namespace {

struct ConvArguments {
  std::int64_t out_channels = 0;
  Size kernel_size;
  Size stride = {1, 1};
  Padding padding;
  Size dilation = {1, 1};
  std::int64_t groups = 1;
  bool bias = true;
};

const Schema<ConvArguments> schema =
    Schema<ConvArguments>("conv", "2D convolution over a map; takes any number of input channels.", "torch.nn.Conv2d")
        .required("out_channels", &ConvArguments::out_channels, "number of filters, the channels of the output", at_least(1))
        .required("kernel_size", &ConvArguments::kernel_size, "size of the filters, in pixels", at_least(1))
        .optional("stride", &ConvArguments::stride, "step of the window, in pixels", at_least(1))
        .optional("padding", &ConvArguments::padding, "zeros added on each side; same keeps the input's size (stride 1 only)", at_least(0))
        .optional("dilation", &ConvArguments::dilation, "distance between the filter's pixels", at_least(1))
        .optional("groups", &ConvArguments::groups, "parts that the channels are split into, each convolved by itself", at_least(1))
        .optional("bias", &ConvArguments::bias, "adds a trained number to each output channel");

/// Pads one dimension so that its size stays: an odd total puts the extra pixel at the end, as PyTorch.
void keep_size(Window& window) {
  const std::int64_t total = window_span(window) - 1;
  window.padding_begin = total / 2;
  window.padding_end = total - window.padding_begin;
}

Windows windows_of(const ConvArguments& arguments) {
  if (!arguments.padding.same) return make_windows(arguments.kernel_size, arguments.stride, arguments.padding.size, arguments.dilation);
  if (arguments.stride != Size{1, 1})
    throw ShapeError(fmt::format("conv's padding: same keeps the input's size, but stride {} divides it", to_string(arguments.stride)),
                     "write the padding as a number, or use stride 1");
  Windows windows = make_windows(arguments.kernel_size, arguments.stride, {0, 0}, arguments.dilation);
  keep_size(windows.vertical);
  keep_size(windows.horizontal);
  return windows;
}

void require_whole_groups(const ConvArguments& arguments, const Shape& in) {
  if (in.channels % arguments.groups == 0 && arguments.out_channels % arguments.groups == 0) return;
  throw ShapeError(fmt::format("conv's groups {} must divide its input channels {} and its out_channels {}", arguments.groups, in.channels,
                               arguments.out_channels));
}

std::string describe(const ConvArguments& arguments) {
  std::vector<std::string> parts = {std::to_string(arguments.out_channels)};
  describe_window(parts, arguments.kernel_size, arguments.stride, {1, 1});
  if (arguments.padding != Padding{}) parts.push_back("padding " + to_string(arguments.padding));
  if (arguments.dilation != Size{1, 1}) parts.push_back("dilation " + to_string(arguments.dilation));
  if (arguments.groups != 1) parts.push_back(fmt::format("groups {}", arguments.groups));
  if (!arguments.bias) parts.emplace_back("no bias");
  return fmt::format("{}", fmt::join(parts, ", "));
}

void build(const ConvArguments& arguments, LayerBuilder& layer) {
  layer.describe(describe(arguments));
  require_map(layer);
  const Shape in = layer.input();
  require_whole_groups(arguments, in);
  const Windows windows = windows_of(arguments);
  const Shape out = slide(layer, windows, arguments.out_channels);

  const std::int64_t in_channels = in.channels / arguments.groups;
  const Size& kernel = arguments.kernel_size;
  const double fan_in = static_cast<double>(in_channels) * static_cast<double>(kernel.height) * static_cast<double>(kernel.width);
  const Initializer uniform{Initializer::Kind::uniform, 1 / std::sqrt(fan_in)};
  std::vector<ParameterId> parameters = {
      layer.parameter("weight", {arguments.out_channels, in_channels, kernel.height, kernel.width}, uniform)};
  if (arguments.bias) parameters.push_back(layer.parameter("bias", {arguments.out_channels}, uniform));

  Convolution op;
  op.out_channels = arguments.out_channels;
  op.vertical = windows.vertical;
  op.horizontal = windows.horizontal;
  op.groups = arguments.groups;
  op.bias = arguments.bias;
  layer.apply(op, out, std::move(parameters));
  layer.macs(convolution_macs(in, out, op));
}

}  // namespace

LayerType conv_layer() { return layer_type(schema, build); }

}  // namespace cnnctl
