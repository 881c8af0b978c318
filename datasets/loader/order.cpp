#include "datasets/loader/order.h"

#include <numeric>
#include <stdexcept>
#include <utility>

#include "engine/training/random.h"

namespace cnnctl {

std::vector<std::int32_t> epoch_order(std::int64_t count, std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::int32_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Random random(seed, static_cast<std::uint64_t>(epoch));
  for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random.below(static_cast<std::uint32_t>(left))]);
  return order;
}

EpochOrder::EpochOrder(std::vector<std::int32_t> indices, bool shuffle, std::uint64_t seed)
    : indices_(std::move(indices)), shuffle_(shuffle), seed_(seed) {
  seek(0, 0);
}

void EpochOrder::seek(std::int64_t epoch, std::int64_t position) {
  if (position < 0 || position > size()) throw std::logic_error("a position outside of the dataset");
  position_ = position;
  if (epoch == epoch_) return;
  epoch_ = epoch;
  if (!shuffle_) return;
  shuffled_ = epoch_order(size(), seed_, epoch);
  for (std::int32_t& index : shuffled_) index = indices_[static_cast<std::size_t>(index)];
}

std::span<const std::int32_t> EpochOrder::take(std::int64_t count) {
  if (count > size() - position_) throw std::logic_error("more images than are left of the epoch");
  const std::span<const std::int32_t> order(shuffle_ ? shuffled_ : indices_);
  const auto taken = order.subspan(static_cast<std::size_t>(position_), static_cast<std::size_t>(count));
  position_ += count;
  return taken;
}

}  // namespace cnnctl
