#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cnnctl {

/// Columns that a UTF-8 text takes on a terminal: two for a wide character, none for a mark on the one before. Source: wcwidth of POSIX.
std::size_t display_width(std::string_view text);

/// Rows of text in aligned columns under a line of titles.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns);

  /// Adds a row. Cells that are missing at its end are empty; more cells than columns are a programming error.
  void add(std::vector<std::string> row);

  /// Characters of the longest line.
  std::size_t width() const;

  /// Titles, a rule, the rows, two spaces between columns, nothing but what is needed at a line's end. Ends with a line break.
  std::string text() const;

 private:
  std::vector<std::size_t> column_widths() const;
  std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace cnnctl
