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
namespace avx512_bf16 {
extern const Bf16Kernels table;
}

namespace {

// All that the kernels are compiled for (CMakeLists.txt).
bool runs_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

bool runs_avx512() {
  return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

}  // namespace
#endif

std::vector<const KernelTable*> runnable_kernels() {
  std::vector<const KernelTable*> tables{&baseline::table};
#ifdef CNNCTL_X86_KERNELS
  __builtin_cpu_init();
  if (runs_avx2()) tables.push_back(&avx2::table);
  if (runs_avx512()) tables.push_back(&avx512::table);
#endif
  return tables;
}

const KernelTable& kernels() {
  static const KernelTable& fastest = *runnable_kernels().back();
  return fastest;
}

const Bf16Kernels* bf16_kernels() {
#ifdef CNNCTL_X86_KERNELS
  if (kernels().vector_width == 16 && __builtin_cpu_supports("avx512bf16")) return &avx512_bf16::table;
#endif
  return nullptr;
}

}  // namespace cnnctl
