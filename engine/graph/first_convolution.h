#pragma once

#include <cstdint>

#include "engine/graph/op.h"

namespace cnnctl {

/// A first layer reads the caller's nchw as it is, up to this many channels: the library has kernels for that, and so has runtime.
constexpr std::int64_t few_channels = 3;

/// Whether a network's first convolution, of so many input channels, is one that runtime's own loops compute row by row:
/// few_channels at most, a window of 3x3 pixels, stride 2, no dilation, no groups.
bool suits_first_rows(const Convolution& op, std::int64_t in_channels);

}  // namespace cnnctl
