#pragma once

#include <atomic>

namespace cnnctl {

/// While one lives, the first SIGINT, SIGTERM or SIGHUP sets stop_requested() and the second ends the process with status 130. At most one
/// at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
};

/// Set by the first signal; may be set by the program itself.
std::atomic<bool>& stop_requested();

}  // namespace cnnctl
