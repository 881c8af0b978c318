#pragma once

#include <string>
#include <string_view>

namespace cnnctl {

/// A character that a terminal acts on rather than shows: text from files and from users is printed without such.
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// Text as it may reach a terminal: each control character but the line's end is a question mark.
std::string without_controls(std::string_view text);

}  // namespace cnnctl
