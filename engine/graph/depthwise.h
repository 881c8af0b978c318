#pragma once

#include <cstdint>

#include "engine/graph/op.h"

namespace cnnctl {

/// Whether a convolution of so many input channels convolves each by itself, with a window that runtime's own loops take: square, 3, 5 or 7
/// pixels wide, stride 1 or 2, no dilation, less padding than the window is wide.
bool suits_depthwise(const Convolution& op, std::int64_t in_channels);

}  // namespace cnnctl
