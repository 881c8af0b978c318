#pragma once

namespace cnnctl {

/// A character that a terminal acts on rather than shows: text from files and from users is printed without such.
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace cnnctl
