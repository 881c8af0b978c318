#pragma once

#include <omp.h>

namespace cnnctl {

/// While one lives, OpenMP computes with so many threads.
class WithThreads {
 public:
  explicit WithThreads(int threads) { omp_set_num_threads(threads); }
  ~WithThreads() { omp_set_num_threads(before_); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int before_ = omp_get_max_threads();
};

}  // namespace cnnctl
