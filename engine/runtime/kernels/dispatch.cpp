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
