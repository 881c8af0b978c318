#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace cnnctl {

/// A text that diagnostics point into: a file's name as the user gave it (or "--set"), and its whole content.
struct Source {
  std::string name;
  std::string text;
};

/// A half-open range [begin, end) of bytes in a source. A default-constructed place is nowhere: its diagnostics have no location.
struct Place {
  std::shared_ptr<const Source> source;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A position as editors count it: both from 1, columns in characters (UTF-8 code points), not bytes.
struct LineAndColumn {
  int line = 1;
  int column = 1;
};

/// Where the byte `offset` of `text` stands. An offset beyond the end counts as the end.
LineAndColumn line_and_column(std::string_view text, std::size_t offset);

/// The line of `text` that holds the byte `offset`, without its line break.
std::string_view line_at(std::string_view text, std::size_t offset);

/// "file:line:column" of the place's begin, or "" where the place is nowhere.
std::string to_string(const Place& place);

}  // namespace cnnctl
