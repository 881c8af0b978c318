#include "engine/config/utf8.h"

namespace cnnctl {
namespace {

bool in_range(unsigned char byte, unsigned char first, unsigned char last) { return byte >= first && byte <= last; }

/// YAML also breaks lines at a carriage return alone, the parser does not.
bool is_allowed_ascii(unsigned char byte, unsigned char next) {
  return byte >= 0x20 || byte == '\t' || byte == '\n' || (byte == '\r' && next == '\n');
}

/// Bytes of the character at the begin of `text`, or 0 where it is none that may stand in a YAML text.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0); };
  const auto continues = [byte](std::size_t i) { return in_range(byte(i), 0x80, 0xBF); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return is_allowed_ascii(lead, byte(1)) ? 1 : 0;
  if (in_range(lead, 0xC2, 0xDF)) return continues(1) ? 2 : 0;
  // The second byte's narrower ranges keep out overlong forms, surrogates and what lies beyond U+10FFFF.
  if (in_range(lead, 0xE0, 0xEF)) {
    const bool second = in_range(byte(1), lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && continues(2) ? 3 : 0;
  }
  if (in_range(lead, 0xF0, 0xF4)) {
    const bool second = in_range(byte(1), lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::size_t find_invalid_character(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    const std::size_t length = character_length(text.substr(offset));
    if (length == 0) return offset;
    offset += length;
  }
  return std::string_view::npos;
}

}  // namespace cnnctl
