#include "engine/training/bound_threads.h"

#include <doctest/doctest.h>
#include <omp.h>
#include <sched.h>

#include <cstdlib>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/with_threads.h"

namespace cnnctl {
namespace {

/// The processors on which the calling thread may run.
std::set<int> own_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::set<int> result;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor)
    if (CPU_ISSET(processor, &set)) result.insert(processor);
  return result;
}

/// The same of each thread that computes.
std::vector<std::set<int>> processors_of_threads() {
  std::vector<std::set<int>> result(static_cast<std::size_t>(omp_get_max_threads()));
#pragma omp parallel
  result[static_cast<std::size_t>(omp_get_thread_num())] = own_processors();
  return result;
}

}  // namespace

TEST_CASE("as many threads as processors have one each while they are bound, and all of them afterwards") {
  const std::set<int> all = own_processors();
  const WithThreads threads(static_cast<int>(all.size()));
  {
    const BoundThreads bound;
    std::set<int> taken;
    for (const std::set<int>& processors : processors_of_threads()) {
      CHECK(processors.size() == 1);
      taken.insert(processors.begin(), processors.end());
    }
    CHECK(taken == all);
  }
  for (const std::set<int>& processors : processors_of_threads()) CHECK(processors == all);
}

TEST_CASE("a thread that is started while others are bound may run anywhere once it asks") {
  const std::set<int> all = own_processors();
  const WithThreads threads(static_cast<int>(all.size()));
  const BoundThreads bound;
  std::set<int> before, after;
  std::thread([&] {
    before = own_processors();
    run_anywhere();
    after = own_processors();
  }).join();
  CHECK(before.size() == 1);
  CHECK(after == all);
}

TEST_CASE("another number of threads than of processors is not bound, nor what the environment places") {
  const std::set<int> all = own_processors();
  {
    const WithThreads threads(static_cast<int>(all.size()) + 1);
    const BoundThreads bound;
    for (const std::set<int>& processors : processors_of_threads()) CHECK(processors == all);
  }
  const WithThreads threads(static_cast<int>(all.size()));
  setenv("OMP_PLACES", "cores", 1);
  const BoundThreads bound;
  unsetenv("OMP_PLACES");
  for (const std::set<int>& processors : processors_of_threads()) CHECK(processors == all);
}

}  // namespace cnnctl
