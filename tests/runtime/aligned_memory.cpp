#include "engine/runtime/aligned_memory.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

#include "tests/support/temporary_folder.h"

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

TEST_CASE("a container's memory is what its file says; max, and a file that is not there, are no limit") {
  const TemporaryFolder folder;
  const auto limit_of = [&](const char* text) {
    write_text(folder.file("limit"), text);
    return memory_limit(folder.file("limit"));
  };
  CHECK(limit_of("536870912\n") == 536870912);
  CHECK(limit_of("9223372036854771712\n") == 9223372036854771712);
  CHECK_FALSE(limit_of("max\n"));
  CHECK_FALSE(limit_of(""));
  CHECK_FALSE(memory_limit(folder.file("none")));
  CHECK(available_memory() > 0);
}

}  // namespace
}  // namespace cnnctl
