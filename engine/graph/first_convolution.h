#pragma once

#include <cstdint>

#include "engine/graph/op.h"

namespace cnnctl {

/// Whether a network's first convolution, of so many input channels, is one that runtime's own loops compute row by row: up to 3 channels,
/// a square window of more than one pixel, stride 2, no dilation, no groups.
bool suits_first_rows(const Convolution& op, std::int64_t in_channels);

}  // namespace cnnctl
