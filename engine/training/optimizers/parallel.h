#pragma once

#include <cstddef>

#include <omp.h>

namespace cnnctl {

/// Calls work(begin, end) for contiguous chunks that cover [0, count), one a thread. Chunks start at multiples of 64 bytes of floats, so
/// that no two threads write one cache line. `work` must treat each element by itself and must not throw.
template <class Work>
void for_each_chunk(std::size_t count, const Work& work) {
  constexpr std::size_t cache_line = 16;        // floats
  constexpr std::size_t worth_a_thread = 4096;  // floats: less takes less time than waking a thread
  const auto threads = static_cast<std::size_t>(omp_get_max_threads());
  const std::size_t even = (count + threads - 1) / threads;
  const std::size_t chunk = ((even < worth_a_thread ? worth_a_thread : even) + cache_line - 1) / cache_line * cache_line;
  if (count <= chunk) return work(std::size_t{0}, count);
#pragma omp parallel for schedule(static, 1)
  for (std::size_t begin = 0; begin < count; begin += chunk) work(begin, begin + chunk < count ? begin + chunk : count);
}

}  // namespace cnnctl
