#include "engine/runtime/kernels/declarations.h"
#include "engine/runtime/kernels/moments.h"

namespace cnnctl::CNNCTL_ISA {

void channel_moments(const ChannelLayout& layout, const float* x, float* mean, float* variance, float* scratch) {
  if (layout.width == 16)
    moments<16>(layout, x, mean, variance, scratch);
  else
    moments<8>(layout, x, mean, variance, scratch);
}

}  // namespace cnnctl::CNNCTL_ISA
