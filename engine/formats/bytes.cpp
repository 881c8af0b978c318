#include "engine/formats/bytes.h"

namespace cnnctl {

std::string_view as_text(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void append_little_endian(std::string& text, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
}

}  // namespace cnnctl
