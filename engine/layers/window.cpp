#include "engine/layers/window.h"

#include <algorithm>

#include <fmt/format.h>

namespace cnnctl {
namespace {

void require_fit(const LayerBuilder& layer, const Windows& windows) {
  const auto& [vertical, horizontal] = windows;
  const Size span{window_span(vertical), window_span(horizontal)};
  const Size padded{padded_size(layer.input().height, vertical), padded_size(layer.input().width, horizontal)};
  if (window_fits(layer.input().height, vertical) && window_fits(layer.input().width, horizontal)) return;

  const Size kernel{vertical.kernel, horizontal.kernel};
  const Size unpadded{layer.input().height, layer.input().width};
  const std::string covered = span == kernel ? "" : fmt::format(", which its dilation spreads over {},", to_string(span));
  const std::string with_padding = padded == unpadded ? "" : fmt::format(", {} with its padding", to_string(padded));
  throw ShapeError(fmt::format("{}'s kernel {}{} is larger than its input {}{}", layer.type(), to_string(kernel), covered,
                               to_string(layer.input()), with_padding),
                   "use a smaller kernel_size, more padding, or less stride and pooling before it");
}

/// The library counts a window's pixels in 32 bits, and so does what max pooling remembers of it.
void require_countable(const LayerBuilder& layer, const Windows& windows) {
  for (const Window& window : {windows.vertical, windows.horizontal})
    if (std::max({window.kernel, window.stride, window.padding_begin, window.padding_end, window.dilation}) > max_elements)
      throw ShapeError(fmt::format("{}'s window has a number above {}", layer.type(), max_elements));
  if (windows.vertical.kernel > max_elements / windows.horizontal.kernel)
    throw ShapeError(fmt::format("{}'s kernel covers more than {} pixels", layer.type(), max_elements));
}

}  // namespace

Windows make_windows(const Size& kernel, const Size& stride, const Size& padding, const Size& dilation, bool ceil) {
  return {{kernel.height, stride.height, padding.height, padding.height, dilation.height, ceil},
          {kernel.width, stride.width, padding.width, padding.width, dilation.width, ceil}};
}

void drop_idle_ceil(Windows& windows, const Shape& input) {
  const auto settle = [](Window& window, std::int64_t in) {
    Window floor = window;
    floor.ceil = false;
    if (window_fits(in, floor) && window_output(in, floor) == window_output(in, window)) window = floor;
  };
  settle(windows.vertical, input.height);
  settle(windows.horizontal, input.width);
}

void require_map(const LayerBuilder& layer) {
  if (!layer.input().flat) return;
  throw ShapeError(fmt::format("{} needs a map (channels x height x width), but its input is a vector of {} features", layer.type(),
                               to_string(layer.input())),
                   fmt::format("put {} before the flatten or linear layer that makes the vector", layer.type()));
}

Shape slide(LayerBuilder& layer, const Windows& windows, std::int64_t channels) {
  require_map(layer);
  require_countable(layer, windows);
  require_fit(layer, windows);
  const Shape in = layer.input();
  const std::string vertical = window_arithmetic(in.height, windows.vertical);
  const std::string horizontal = window_arithmetic(in.width, windows.horizontal);
  layer.arithmetic(vertical == horizontal ? vertical : vertical + "; " + horizontal);
  return {channels, window_output(in.height, windows.vertical), window_output(in.width, windows.horizontal)};
}

void require_padding_within_half(const LayerBuilder& layer, const Size& kernel, const Size& padding) {
  if (padding.height <= kernel.height / 2 && padding.width <= kernel.width / 2) return;
  throw ShapeError(fmt::format("{}'s padding {} is more than half its kernel {}", layer.type(), to_string(padding), to_string(kernel)),
                   fmt::format("use a padding of at most {}", to_string(Size{kernel.height / 2, kernel.width / 2})));
}

void pool_to_size(LayerBuilder& layer, Pooling::Kind kind, const Size& output) {
  require_map(layer);
  const Shape in = layer.input();
  if (in.height % output.height != 0 || in.width % output.width != 0) {
    layer.apply(AdaptivePooling{kind}, {in.channels, output.height, output.width});
    return;
  }
  const Size kernel{in.height / output.height, in.width / output.width};
  const Windows windows = make_windows(kernel, kernel, {0, 0});
  const Shape out = slide(layer, windows, in.channels);
  layer.apply(Pooling{kind, windows.vertical, windows.horizontal}, out);
}

void describe_window(std::vector<std::string>& parts, const Size& kernel, const Size& stride, const Size& default_stride) {
  parts.push_back("kernel " + to_string(kernel));
  if (stride != default_stride) parts.push_back("stride " + to_string(stride));
}

}  // namespace cnnctl
