#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/shape.h"
#include "engine/layers/layer.h"
#include "engine/schema/size.h"

namespace cnnctl {

/// A sliding window in both dimensions, for the layers that have one.
struct Windows {
  Window vertical;
  Window horizontal;
};

/// A window with the same padding on both sides.
Windows make_windows(const Size& kernel, const Size& stride, const Size& padding, const Size& dilation = {1, 1}, bool ceil = false);

/// Turns ceil off where it gives the layer's input no further window, so that passes and kernels see an ordinary one.
void drop_idle_ceil(Windows& windows, const Shape& input);

/// Throws ShapeError where the layer's input is a vector.
void require_map(const LayerBuilder& layer);

/// The shape that sliding over the layer's input gives, with so many channels; tells the layer the arithmetic. Throws ShapeError where the
/// input is a vector or, with its padding, smaller than the window; the message shows both sizes.
Shape slide(LayerBuilder& layer, const Windows& windows, std::int64_t channels);

/// Throws ShapeError where the padding exceeds half the kernel: a pooling window could then lie wholly outside the input.
void require_padding_within_half(const LayerBuilder& layer, const Size& kernel, const Size& padding);

/// Windows of a size each that give so many outputs, mean or maximum by `kind`: a plain pooling where they divide the input evenly, which
/// tells the layer the arithmetic, else one whose windows differ. Throws ShapeError where the input is a vector.
void pool_to_size(LayerBuilder& layer, Pooling::Kind kind, const Size& output);

/// The window's part of Layer::arguments: "kernel 5x5", and what differs from the defaults.
void describe_window(std::vector<std::string>& parts, const Size& kernel, const Size& stride, const Size& default_stride);

}  // namespace cnnctl
