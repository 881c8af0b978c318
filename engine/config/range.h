#pragma once

#include <cstddef>
#include <string_view>

namespace cnnctl {

// Where YAML nodes end in their text: the parser's marks give only the start. Offsets are bytes.

/// Past the anchor and the tag (`&name`, `!tag`) that stand before a node's content.
std::size_t skip_properties(std::string_view text, std::size_t offset);

/// Past white space, line breaks and comments.
std::size_t skip_blank(std::string_view text, std::size_t offset);

/// The end of the alias `*name` at `begin`.
std::size_t alias_end(std::string_view text, std::size_t begin);

/// The end of the scalar at `begin`, quotes included; of a block scalar (`|`, `>`) the end of its first line. `value` is the scalar's
/// text, after which a plain one is told from what follows. npos where a quoted scalar is never closed.
std::size_t scalar_end(std::string_view text, std::size_t begin, std::string_view value);

/// The end of the list or map at `begin` whose last child ends at `last_child_end`: past the closing bracket in flow style.
std::size_t collection_end(std::string_view text, std::size_t begin, std::size_t last_child_end);

/// Whether a plain scalar means null.
bool is_null_word(std::string_view text);

/// Length of the word that means null (`~`, `null`) at `begin`, or 0 where there is none: the value was left empty.
std::size_t null_word_length(std::string_view text, std::size_t begin);

}  // namespace cnnctl
