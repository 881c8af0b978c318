#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace cnnctl {

/// A permutation of 0 .. count - 1 that follows from seed and epoch alone, the same on every machine (Fisher and Yates's shuffle).
std::vector<std::int32_t> epoch_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch);

/// Which image of a dataset comes next: its chosen images, in every epoch in the same order or in one that follows from seed and epoch.
class EpochOrder {
 public:
  EpochOrder(std::vector<std::int32_t> indices, bool shuffle, std::uint64_t seed);

  std::int64_t size() const { return static_cast<std::int64_t>(indices_.size()); }
  std::int64_t epoch() const { return epoch_; }
  std::int64_t position() const { return position_; }

  /// Goes to `position` of `epoch`; outside of the epoch it is a programming error.
  void seek(std::int64_t epoch, std::int64_t position);

  /// The indices of the next `count` images in the dataset; more than are left of the epoch is a programming error.
  std::span<const std::int32_t> take(std::int64_t count);

 private:
  std::vector<std::int32_t> indices_;
  bool shuffle_;
  std::uint64_t seed_;
  std::vector<std::int32_t> shuffled_;  // of epoch_; empty where nothing is shuffled
  std::int64_t epoch_ = -1;
  std::int64_t position_ = 0;
};

}  // namespace cnnctl
