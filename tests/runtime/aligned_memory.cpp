#include "engine/runtime/aligned_memory.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

namespace cnnctl {
namespace {

constexpr std::size_t cache_line = 64;

TEST_CASE("memory starts at a cache line, holds zeros, and is larger than asked for by less than a cache line") {
  constexpr std::size_t huge_page = std::size_t{2} << 20;
  for (const std::size_t bytes : {std::size_t{1}, cache_line, std::size_t{1000}, huge_page - 1, huge_page, 2 * huge_page + 1000}) {
    CAPTURE(bytes);
    const AlignedMemory memory(bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(memory.data()) % cache_line == 0);
    CHECK(memory.size() >= bytes);
    CHECK(memory.size() < bytes + cache_line);
    CHECK(std::all_of(memory.data(), memory.data() + memory.size(), [](std::byte byte) { return byte == std::byte{0}; }));
  }
}

TEST_CASE("no memory is no allocation") {
  CHECK(AlignedMemory(0).size() == 0);
  CHECK(AlignedMemory(0).data() == nullptr);
}

}  // namespace
}  // namespace cnnctl
