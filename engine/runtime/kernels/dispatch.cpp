#include "engine/runtime/kernels/kernels.h"

namespace cnnctl {

namespace baseline {
extern const KernelTable table;
}
#ifdef CNNCTL_X86_KERNELS
namespace avx2 {
extern const KernelTable table;
}
namespace avx512 {
extern const KernelTable table;
}
#endif

std::int64_t few_channel_scratch(const FewChannelGeometry& geometry) {
  const std::int64_t taps = geometry.in.channels * geometry.kernel_height * geometry.kernel_width;
  constexpr std::int64_t line = 16;  // floats: threads write to cache lines of their own
  const std::int64_t floats = geometry.out.blocks * geometry.out.width * (taps + 1) + geometry.padded_height() * geometry.padded_width();
  return (floats + line - 1) / line * line;
}

bool few_channel_weights_can(const FewChannelGeometry& geometry) {
  const std::int64_t k = geometry.kernel_width;
  return (k == 1 || k == 3 || k == 5 || k == 7) && geometry.in.width == 1 && has_vector_blocks(geometry.out);
}

bool has_vector_blocks(const ChannelLayout& layout) { return layout.width == 8 || layout.width == 16; }

const KernelTable& kernels() {
#ifdef CNNCTL_X86_KERNELS
  static const KernelTable& chosen = [&]() -> const KernelTable& {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
      return avx512::table;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::table;
    return baseline::table;
  }();
  return chosen;
#else
  return baseline::table;
#endif
}

}  // namespace cnnctl
