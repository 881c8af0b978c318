#include "engine/runtime/kernels/kernels.h"

namespace cnnctl {
namespace {

constexpr std::int64_t kCacheLine = 16;  // floats; threads write to lines of their own

std::int64_t whole_lines(std::int64_t floats) { return (floats + kCacheLine - 1) / kCacheLine * kCacheLine; }

}  // namespace

bool has_vector_blocks(const ChannelLayout& layout) { return layout.width == 8 || layout.width == 16; }

std::int64_t few_channel_scratch(const FewChannelGeometry& geometry) {
  const std::int64_t taps = geometry.in.channels * geometry.kernel_height * geometry.kernel_width;
  return whole_lines(geometry.out.blocks * geometry.out.width * (taps + 1) + geometry.padded_height() * geometry.padded_width());
}

bool few_channel_weights_can(const FewChannelGeometry& geometry) {
  const std::int64_t k = geometry.kernel_width;
  return (k == 1 || k == 3 || k == 5 || k == 7) && geometry.in.width == 1 && has_vector_blocks(geometry.out);
}

std::int64_t layer_norm_scratch(const ChannelLayout& layout) { return whole_lines(2 * layout.blocks * layout.width); }

std::int64_t local_response_scratch(const LocalResponseGeometry& geometry) {
  return 3 * whole_lines(geometry.before + geometry.layout.blocks * geometry.layout.width + geometry.after);
}

}  // namespace cnnctl
