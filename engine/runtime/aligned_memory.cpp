#include "engine/runtime/aligned_memory.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace cnnctl {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

AlignedMemory::AlignedMemory(std::size_t bytes) : AlignedMemory(untouched(bytes)) { clear(); }

AlignedMemory AlignedMemory::untouched(std::size_t bytes) {
  AlignedMemory memory;
  memory.size_ = (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
  if (memory.size_ == 0) return memory;
  const std::size_t huge_pages = memory.size_ / kHugePage;
  void* data = nullptr;
  if (posix_memalign(&data, huge_pages > 0 ? kHugePage : kCacheLine, memory.size_) != 0)
    throw std::runtime_error(
        fmt::format("not enough memory: {} MiB more are needed; a smaller train.batch_size needs less", memory.size_ >> 20));
  memory.data_.reset(static_cast<std::byte*>(data));
  // Whole ones alone: one for the rest, too, would take memory that nothing uses.
  if (huge_pages > 0) madvise(data, huge_pages * kHugePage, MADV_HUGEPAGE);
  return memory;
}

void AlignedMemory::clear() {
  if (size_ > 0) std::memset(data_.get(), 0, size_);
}

void AlignedMemory::forget() const {
  // Whole pages alone: what follows in the last one may be another's.
  if (size_ >= kHugePage) madvise(data_.get(), size_ / kHugePage * kHugePage, MADV_DONTNEED);
}

std::optional<std::int64_t> memory_limit(const std::string& path) {
  std::int64_t bytes = 0;
  return std::ifstream(path) >> bytes ? std::optional(bytes) : std::nullopt;
}

std::int64_t available_memory() {
  std::int64_t bytes = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  // Of control groups version 2 and 1.
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    bytes = std::min(bytes, memory_limit(path).value_or(bytes));
  return bytes;
}

}  // namespace cnnctl
