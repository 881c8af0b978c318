#include "cli/terminal/table.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace cnnctl {

std::size_t display_width(std::string_view text) {
  const auto starts_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<std::string> row) {
  assert(row.size() <= columns_.size());
  row.resize(columns_.size());
  rows_.push_back(std::move(row));
}

std::string Table::line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const {
  std::string result;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string padding(widths[i] - display_width(cells[i]), ' ');
    if (i > 0) result += "  ";
    result += columns_[i].align == Align::right ? padding + cells[i] : cells[i] + padding;
  }
  result.erase(result.find_last_not_of(' ') + 1);
  return result + "\n";
}

std::string Table::text() const {
  std::vector<std::string> titles;
  std::vector<std::string> rules;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = display_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, display_width(row[i]));
    titles.push_back(columns_[i].title);
    rules.emplace_back(width, '-');
    widths.push_back(width);
  }
  std::string result = line(titles, widths) + line(rules, widths);
  for (const auto& row : rows_) result += line(row, widths);
  return result;
}

}  // namespace cnnctl
