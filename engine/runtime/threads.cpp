#include "engine/runtime/threads.h"

#include <omp.h>

namespace cnnctl {

int set_threads(int threads) {
  if (threads > 0) omp_set_num_threads(threads);
  return cnnctl::threads();
}

int threads() { return omp_get_max_threads(); }

}  // namespace cnnctl
