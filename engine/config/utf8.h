#pragma once

#include <cstddef>
#include <string_view>

namespace cnnctl {

/// The offset of the first byte of `text` that cannot stand in a YAML text: no valid UTF-8, or a control character other than tab, line
/// feed and a carriage return before one. npos where there is none. Source: RFC 3629, section 4; YAML 1.2.2, section 5.1 (nb-json).
std::size_t find_invalid_character(std::string_view text);

}  // namespace cnnctl
