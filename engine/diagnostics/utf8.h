#pragma once

namespace cnnctl {

/// Whether a byte of UTF-8 belongs to the character that an earlier byte begins.
constexpr bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace cnnctl
