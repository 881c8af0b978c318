#include "engine/runtime/aligned_memory.h"

#include <cstring>
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
  const std::size_t alignment = bytes >= kHugePage ? kHugePage : kCacheLine;
  memory.size_ = (bytes + alignment - 1) / alignment * alignment;
  if (memory.size_ == 0) return memory;
  memory.data_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, memory.size_)));
  if (!memory.data_)
    throw std::runtime_error(
        fmt::format("not enough memory: {} MiB more are needed; a smaller train.batch_size needs less", memory.size_ >> 20));
  if (alignment == kHugePage) madvise(memory.data_.get(), memory.size_, MADV_HUGEPAGE);
  return memory;
}

void AlignedMemory::clear() {
  if (size_ > 0) std::memset(data_.get(), 0, size_);
}

void AlignedMemory::forget() const {
  if (size_ >= kHugePage) madvise(data_.get(), size_, MADV_DONTNEED);
}

std::int64_t physical_memory() { return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE); }

}  // namespace cnnctl
