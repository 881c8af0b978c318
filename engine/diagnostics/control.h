#pragma once

#include <string>
#include <string_view>

namespace cnnctl {

/// A character that a terminal acts on rather than shows: text from files and from users is printed without such.
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// Whether two bytes are one of UTF-8's control characters beyond ASCII (U+0080 to U+009F), some of which begin a terminal's commands.
constexpr bool is_control_pair(char lead, char next) {
  return static_cast<unsigned char>(lead) == 0xC2 && static_cast<unsigned char>(next) >= 0x80 && static_cast<unsigned char>(next) < 0xA0;
}

/// Text as it may reach a terminal: each control character but the line's end is a question mark.
std::string without_controls(std::string_view text);

}  // namespace cnnctl
