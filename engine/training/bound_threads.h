#pragma once

namespace cnnctl {

/// While one lives, each thread that computes has a processor of its own, where there are as many threads as processors and the environment
/// does not say where threads run (OMP_PROC_BIND, OMP_PLACES, GOMP_CPU_AFFINITY). Beside another program a step then takes half the time:
/// threads that sleep between two loops are else woken on one processor. At most one at a time, on the main thread.
class BoundThreads {
 public:
  BoundThreads();
  ~BoundThreads();
  BoundThreads(const BoundThreads&) = delete;
  BoundThreads& operator=(const BoundThreads&) = delete;

 private:
  bool bound_ = false;
};

/// Lets the calling thread run on all processors of the program: a thread that is started while threads are bound has its starter's alone.
void run_anywhere();

}  // namespace cnnctl
