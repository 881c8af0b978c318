#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cnnctl {

/// `size` zero bytes, on large pages where the system has them: first touching 50 MB in pages of 4 KiB takes longer than reading a file
/// of that size from the cache.
std::vector<std::uint8_t> make_large_buffer(std::size_t size);

}  // namespace cnnctl
