#include "cli/terminal/table.h"

#include <algorithm>
#include <cassert>
#include <clocale>
#include <cwchar>
#include <numeric>
#include <utility>

namespace cnnctl {
namespace {

constexpr std::string_view gap = "  ";  // between two columns

/// Has this thread's C functions take text for UTF-8, whatever the user's locale.
class Utf8Locale {
 public:
  Utf8Locale() : before_(::uselocale(utf8())) {}
  ~Utf8Locale() { ::uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  /// 0, which changes nothing, where the system has no such locale.
  static locale_t utf8() {
    static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }

  locale_t before_;
};

}  // namespace

std::size_t display_width(std::string_view text) {
  const Utf8Locale locale;
  std::mbstate_t state{};
  std::size_t width = 0;
  while (!text.empty()) {
    wchar_t character = 0;
    const std::size_t bytes = std::mbrtowc(&character, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) {  // no character: a terminal shows something in its place
      state = {};
      text.remove_prefix(1);
      ++width;
      continue;
    }
    text.remove_prefix(bytes);
    const int columns = ::wcwidth(character);
    width += columns < 0 ? 1 : static_cast<std::size_t>(columns);
  }
  return width;
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
