#pragma once

#include <cstdint>

#include "engine/graph/op.h"

namespace cnnctl {

/// Products that Winograd's method on squares of 6x6 pixels takes a square: the points at which data and weights are multiplied.
constexpr std::int64_t winograd_points = 36;

/// Whether the method computes a convolution of so many input channels: 3x3 or 5x5, stride 1, no dilation or groups, whole blocks of
/// `block` channels on both sides.
bool suits_winograd(const Convolution& op, std::int64_t in_channels, std::int64_t block);

/// Whether weights of so many channels are better transformed to the points beforehand: more would fill the cache there.
bool keeps_weights_at_points(std::int64_t in_channels, std::int64_t out_channels);

}  // namespace cnnctl
