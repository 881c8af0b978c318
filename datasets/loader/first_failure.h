#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <limits>
#include <mutex>
#include <utility>

namespace cnnctl {

/// The failure that comes first in an order, whichever thread finds it first. Its functions may be called from many threads at once.
class FirstFailure {
 public:
  void keep(std::size_t place, std::exception_ptr failure) {
    const std::lock_guard guard(mutex_);
    if (place >= place_) return;
    place_ = place;
    failure_ = std::move(failure);
  }
  /// Whether something failed that comes before `place`, so that nothing there matters any more.
  bool is_before(std::size_t place) const { return place_ < place; }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::atomic<std::size_t> place_ = std::numeric_limits<std::size_t>::max();
  std::exception_ptr failure_;
};

}  // namespace cnnctl
