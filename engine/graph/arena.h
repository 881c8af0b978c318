#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace cnnctl {

/// Bytes filled up to whole cache lines of 64 bytes, which are also the widest vector register. Throws ShapeError on overflow.
std::int64_t in_whole_lines(std::int64_t bytes);

/// A buffer that a program needs while it walks its steps: `bytes`, alive from step `first` to step `last`, both included.
struct Lifetime {
  std::int64_t bytes = 0;
  int first = 0;
  int last = 0;
  std::optional<std::int64_t> offset{};  // where it has to stand: a multiple of 64 bytes
};

/// Where each buffer starts in the one allocation, and how long that is. Offsets are multiples of 64 bytes.
struct ArenaPlan {
  std::vector<std::int64_t> offsets;  // as many as lifetimes, in their order
  std::int64_t bytes = 0;
};

/// Places buffers so that those alive at the same time do not overlap: first those that have an offset already, which is the caller's
/// concern among themselves; then the largest first, each at the lowest offset that is free for its whole life (greedy by size; Pisarchyk
/// and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020). Throws ShapeError where the whole does not fit 63 bits, and
/// std::invalid_argument for an offset that is no multiple of 64.
ArenaPlan plan_arena(const std::vector<Lifetime>& lifetimes);

}  // namespace cnnctl
