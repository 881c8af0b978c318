#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cnnctl {

/// The same bytes as write_file_atomically takes them.
std::string_view as_text(std::span<const std::byte> bytes);

/// Appends the lowest `size` bytes of a number, the lowest first; `size` is at most 8.
void append_little_endian(std::string& text, std::uint64_t value, int size);

}  // namespace cnnctl
