#include "cli/terminal/table.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

#include "engine/diagnostics/utf8.h"

namespace cnnctl {
namespace {

constexpr std::string_view gap = "  ";  // between two columns

}  // namespace

std::size_t display_width(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
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
    if (i > 0) result += gap;
    result += columns_[i].align == Align::right ? padding + cells[i] : cells[i] + padding;
  }
  result.erase(result.find_last_not_of(' ') + 1);
  return result + "\n";
}

std::vector<std::size_t> Table::column_widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(display_width(column.title));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < columns_.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  return widths;
}

std::size_t Table::width() const {
  const std::vector<std::size_t> widths = column_widths();
  return std::accumulate(widths.begin(), widths.end(), gap.size() * (widths.size() - 1));
}

std::string Table::text() const {
  const std::vector<std::size_t> widths = column_widths();
  std::vector<std::string> titles;
  std::vector<std::string> rules;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back(columns_[i].title);
    rules.emplace_back(widths[i], '-');
  }
  std::string result = line(titles, widths) + line(rules, widths);
  for (const auto& row : rows_) result += line(row, widths);
  return result;
}

}  // namespace cnnctl
