#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

#include "engine/runtime/channel_layout.h"

namespace cnnctl::CNNCTL_ISA {

/// A run of a map's blocks of channels.
struct BlockGroup {
  std::int64_t begin = 0, count = 0;
};

/// For loops that go through maps several times, block by block, inside a parallel region: calls visit(group) for groups of blocks one
/// after another. All images of a group should still be in the last-level cache when the next loop over it comes, beside what is written;
/// but a group has a plane for each thread.
template <class Visit>
void for_groups(const ChannelLayout& layout, Visit visit) {
  constexpr std::int64_t floats = 512 * 1024;
  const std::int64_t cached = floats / (layout.images * layout.pixels() * layout.width);
  const std::int64_t for_threads = (omp_get_num_threads() + layout.images - 1) / layout.images;
  const std::int64_t count = std::min(std::max(cached, for_threads), layout.blocks);
  for (std::int64_t begin = 0; begin < layout.blocks; begin += count) visit(BlockGroup{begin, std::min(count, layout.blocks - begin)});
}

/// Calls loop(plane, block) for all planes of a group, those of one thread the same each time, and waits for all threads.
template <class Loop>
void for_planes(const ChannelLayout& layout, const BlockGroup& group, Loop loop) {
#pragma omp for schedule(static)
  for (std::int64_t i = 0; i < layout.images * group.count; ++i) {
    const std::int64_t block = group.begin + i % group.count;
    loop(i / group.count * layout.blocks + block, block);
  }
}

/// Calls loop(block) for all blocks of a group, and waits for all threads.
template <class Loop>
void for_blocks(const BlockGroup& group, Loop loop) {
#pragma omp for schedule(static)
  for (std::int64_t i = 0; i < group.count; ++i) loop(group.begin + i);
}

/// Calls first(plane, block) for every plane, between(block), then second(plane, block), group by group.
template <class First, class Between, class Second>
void in_groups(const ChannelLayout& layout, First first, Between between, Second second) {
#pragma omp parallel
  for_groups(layout, [&](const BlockGroup& group) {
    for_planes(layout, group, first);
    for_blocks(group, between);
    for_planes(layout, group, second);
  });
}

}  // namespace cnnctl::CNNCTL_ISA
