#pragma once

#include <cstddef>
#include <string_view>

namespace cnnctl {

/// Whether a byte of UTF-8 belongs to the character that an earlier byte begins.
constexpr bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Where a text proper begins: past the byte order mark, if there is one, which editors do not show.
constexpr std::size_t text_begin(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  return text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
}

}  // namespace cnnctl
