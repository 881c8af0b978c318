#include "engine/diagnostics/place.h"

#include <algorithm>

#include "engine/diagnostics/utf8.h"

namespace cnnctl {
namespace {

std::size_t line_begin(std::string_view text, std::size_t offset) {
  const std::size_t line_break = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  return line_break == std::string_view::npos ? std::min(offset, text_begin(text)) : line_break + 1;
}

}  // namespace

LineAndColumn line_and_column(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const std::string_view in_line = before.substr(line_begin(text, offset));
  return {1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          1 + static_cast<int>(in_line.size()) - static_cast<int>(std::count_if(in_line.begin(), in_line.end(), continues_character))};
}

std::string_view line_at(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::size_t begin = std::max(line_begin(text, offset), offset < text_begin(text) ? text_begin(text) : 0);
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string to_string(const Place& place) {
  if (!place.source) return "";
  const auto [line, column] = line_and_column(place.source->text, place.begin);
  return place.source->name + ":" + std::to_string(line) + ":" + std::to_string(column);
}

}  // namespace cnnctl
