#include "engine/training/bound_threads.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <optional>

namespace cnnctl {
namespace {

std::mutex mutex;
std::optional<cpu_set_t> processors;  // the program's, while its threads are bound; guarded by the mutex

bool environment_says() {
  constexpr std::array names = {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY"};
  return std::any_of(names.begin(), names.end(), [](const char* name) { return std::getenv(name) != nullptr; });
}

void run_on(const cpu_set_t& set) { ::sched_setaffinity(0, sizeof set, &set); }

/// The `index`-th processor of a set.
cpu_set_t one_of(const cpu_set_t& all, int index) {
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int processor = 0; processor < CPU_SETSIZE; ++processor)
    if (CPU_ISSET(processor, &all) && index-- == 0) CPU_SET(processor, &one);
  return one;
}

}  // namespace

BoundThreads::BoundThreads() {
  cpu_set_t all;
  if (environment_says() || ::sched_getaffinity(0, sizeof all, &all) != 0 || CPU_COUNT(&all) != omp_get_max_threads()) return;
  bound_ = true;
  const std::lock_guard guard(mutex);
  processors = all;
#pragma omp parallel
  run_on(one_of(all, omp_get_thread_num()));
}

BoundThreads::~BoundThreads() {
  if (!bound_) return;
  const std::lock_guard guard(mutex);
#pragma omp parallel
  run_on(*processors);
  processors.reset();
}

void run_anywhere() {
  const std::lock_guard guard(mutex);
  if (processors) run_on(*processors);
}

}  // namespace cnnctl
