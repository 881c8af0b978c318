#include "engine/graph/arena.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <iterator>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>

#include "engine/graph/graph.h"
#include "engine/graph/shape.h"

namespace cnnctl {
namespace {

constexpr std::int64_t line = 64;  // bytes

/// Those whose place is given, then the largest first; among equals the earlier one, so that a plan does not depend on the sort.
std::vector<std::size_t> placing_order(const std::vector<Lifetime>& lifetimes) {
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t i) { return std::pair(lifetimes[i].offset.has_value(), lifetimes[i].bytes); };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) > rank(b); });
  return order;
}

/// Steps first to last.
struct Steps {
  int first = 0;
  int last = 0;

  bool hold(const Steps& other) const { return first <= other.first && other.last <= last; }
  bool meet(const Steps& other) const { return first <= other.last && other.first <= last; }
};

/// Bytes [begin, end) of the arena.
struct Bytes {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// A set of bytes, as ranges in their order with gaps between them.
class ByteSet {
 public:
  void add(Bytes bytes) {
    const auto first = std::partition_point(ranges_.begin(), ranges_.end(), [&](const Bytes& range) { return range.end < bytes.begin; });
    const auto last = std::partition_point(first, ranges_.end(), [&](const Bytes& range) { return range.begin <= bytes.end; });
    if (first == last) {
      ranges_.insert(first, bytes);
      return;
    }
    *first = {std::min(first->begin, bytes.begin), std::max(std::prev(last)->end, bytes.end)};
    ranges_.erase(std::next(first), last);
  }

  const std::vector<Bytes>& ranges() const { return ranges_; }

 private:
  std::vector<Bytes> ranges_;
};

/// Which bytes are taken when: a tree of halved ranges of steps, so that a buffer is put down in, and asked for at, a number of nodes that
/// grows with the logarithm of the number of steps.
class Arena {
 public:
  /// For steps 0 to `steps` - 1.
  explicit Arena(int steps)
      : all_{0, static_cast<int>(std::bit_ceil(static_cast<unsigned>(steps))) - 1}, nodes_(2 * (index_of(all_.last) + 1)) {}

  void take(const Steps& steps, const Bytes& bytes) { take(root, all_, steps, bytes); }

  /// The lowest offset with `bytes` bytes that are free in all of `steps`.
  std::int64_t lowest_free(const Steps& steps, std::int64_t bytes) {
    taken_.clear();
    collect(root, all_, steps);
    std::int64_t offset = 0;
    // In turns, each set moves the offset behind those of its ranges that are in the way, until all agree.
    for (std::size_t agreeing = 0, i = 0; agreeing < taken_.size(); i = i + 1 < taken_.size() ? i + 1 : 0) {
      std::span<const Bytes>& ranges = taken_[i];
      ++agreeing;
      while (!ranges.empty() && ranges.front().begin - offset < bytes) {
        if (ranges.front().end > offset) {
          offset = ranges.front().end;
          agreeing = 1;
        }
        ranges = ranges.subspan(1);
      }
    }
    return offset;
  }

 private:
  struct Node {
    ByteSet always;     // taken in all of its steps
    ByteSet sometimes;  // in any of them
  };
  static constexpr std::size_t root = 1;

  static Steps half(const Steps& part, std::size_t child) {
    const int middle = part.first + (part.last - part.first) / 2;
    return child % 2 == 0 ? Steps{part.first, middle} : Steps{middle + 1, part.last};
  }

  void take(std::size_t index, const Steps& part, const Steps& steps, const Bytes& bytes) {
    if (!steps.meet(part)) return;
    nodes_[index].sometimes.add(bytes);
    if (steps.hold(part)) return nodes_[index].always.add(bytes);
    for (const std::size_t child : {2 * index, 2 * index + 1}) take(child, half(part, child), steps, bytes);
  }

  /// The sets that together hold what is taken in any of `steps`.
  void collect(std::size_t index, const Steps& part, const Steps& steps) {
    if (!steps.meet(part)) return;
    if (steps.hold(part)) return taken_.push_back(nodes_[index].sometimes.ranges());
    taken_.push_back(nodes_[index].always.ranges());
    for (const std::size_t child : {2 * index, 2 * index + 1}) collect(child, half(part, child), steps);
  }

  Steps all_;
  std::vector<Node> nodes_;
  std::vector<std::span<const Bytes>> taken_;
};

}  // namespace

std::int64_t in_whole_lines(std::int64_t bytes) { return checked_sum(bytes, line - 1) / line * line; }

ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes) {
  int steps = 1;
  for (const Lifetime& lifetime : lifetimes) steps = std::max(steps, lifetime.last + 1);
  ArenaPlan plan;
  plan.offsets.resize(lifetimes.size());
  Arena arena(steps);
  for (const std::size_t index : placing_order(lifetimes)) {
    const Lifetime& lifetime = lifetimes[index];
    const std::int64_t bytes = in_whole_lines(lifetime.bytes);
    if (bytes == 0) continue;
    const Steps alive{lifetime.first, lifetime.last};
    if (lifetime.offset && *lifetime.offset % line != 0) throw std::invalid_argument("a buffer's place in the arena is no multiple of 64");
    const std::int64_t begin = lifetime.offset ? *lifetime.offset : arena.lowest_free(alive, bytes);
    const std::int64_t end = checked_sum(begin, bytes);
    arena.take(alive, {begin, end});
    plan.offsets[index] = begin;
    plan.bytes = std::max(plan.bytes, end);
  }
  return plan;
}

}  // namespace cnnctl
