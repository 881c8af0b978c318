#include "engine/graph/winograd.h"

namespace cnnctl {

bool suits_winograd(const Convolution& op, std::int64_t in_channels, std::int64_t block) {
  const std::int64_t kernel = op.vertical.kernel;
  const auto fits = [&](const Window& window) { return window.kernel == kernel && window.stride == 1 && window.dilation == 1; };
  return (kernel == 3 || kernel == 5) && fits(op.vertical) && fits(op.horizontal) && op.groups == 1 && in_channels % block == 0 &&
         op.out_channels % block == 0;
}

bool keeps_weights_at_points(std::int64_t in_channels, std::int64_t out_channels) {
  constexpr std::int64_t most = 128 * 128;
  return checked_product(in_channels, out_channels) <= most;
}

}  // namespace cnnctl
