#include "engine/graph/arena.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "engine/graph/shape.h"

namespace cnnctl {
namespace {

constexpr std::int64_t alignment = 64;  // a cache line, and the widest vector register

/// A buffer that has its place: bytes [begin, end) of the arena, from step `first` to step `last`.
struct Placed {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  int first = 0;
  int last = 0;
};

std::int64_t aligned(std::int64_t bytes) { return checked_sum(bytes, alignment - 1) / alignment * alignment; }

/// Largest first; among equals the earlier one, so that a plan does not depend on the sort.
std::vector<std::size_t> placing_order(const std::vector<Lifetime>& lifetimes) {
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });
  return order;
}

/// The lowest offset with `bytes` free bytes beside every buffer of `placed` (sorted by begin) that is alive at the same time.
std::int64_t lowest_free(const std::vector<Placed>& placed, const Lifetime& lifetime, std::int64_t bytes) {
  std::int64_t offset = 0;
  for (const Placed& other : placed) {
    if (other.first > lifetime.last || other.last < lifetime.first) continue;
    if (other.begin - offset >= bytes) break;
    offset = std::max(offset, other.end);
  }
  return offset;
}

}  // namespace

ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes) {
  ArenaPlan plan;
  plan.offsets.resize(lifetimes.size());
  std::vector<Placed> placed;
  placed.reserve(lifetimes.size());
  for (const std::size_t index : placing_order(lifetimes)) {
    const Lifetime& lifetime = lifetimes[index];
    const std::int64_t bytes = aligned(lifetime.bytes);
    const std::int64_t begin = lowest_free(placed, lifetime, bytes);
    const std::int64_t end = checked_sum(begin, bytes);
    const auto after = std::upper_bound(placed.begin(), placed.end(), begin,
                                        [](std::int64_t offset, const Placed& other) { return offset < other.begin; });
    placed.insert(after, {begin, end, lifetime.first, lifetime.last});
    plan.offsets[index] = begin;
    plan.bytes = std::max(plan.bytes, end);
  }
  return plan;
}

}  // namespace cnnctl
