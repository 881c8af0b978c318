#include "engine/config/range.h"

#include <algorithm>
#include <array>

namespace cnnctl {
namespace {

constexpr std::string_view white_space = " \t\r\n";
constexpr std::array<std::string_view, 4> null_words = {"~", "null", "Null", "NULL"};

std::size_t or_end(std::size_t offset, std::string_view text) { return std::min(offset, text.size()); }

char at(std::string_view text, std::size_t offset) { return offset < text.size() ? text[offset] : '\0'; }

bool is_white(char c) { return white_space.find(c) != std::string_view::npos; }

std::size_t double_quoted_end(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return std::string_view::npos;
}

std::size_t single_quoted_end(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] != '\'') continue;
    if (at(text, i + 1) != '\'') return i + 1;
    ++i;
  }
  return std::string_view::npos;
}

/// A plain scalar's text is its value but for white space, which YAML folds.
std::size_t plain_end(std::string_view text, std::size_t begin, std::string_view value) {
  std::size_t end = begin;
  for (const char c : value) {
    if (is_white(c)) continue;
    std::size_t i = end;
    while (is_white(at(text, i))) ++i;
    if (at(text, i) != c) break;
    end = i + 1;
  }
  return end;
}

}  // namespace

std::size_t skip_blank(std::string_view text, std::size_t offset) {
  while (offset < text.size() && (is_white(text[offset]) || text[offset] == '#'))
    offset = text[offset] == '#' ? or_end(text.find('\n', offset), text) : offset + 1;
  return offset;
}

std::size_t skip_properties(std::string_view text, std::size_t offset) {
  while (at(text, offset) == '&' || at(text, offset) == '!') {
    const std::string_view ends = at(text, offset) == '&' ? " \t\r\n,[]{}" : " \t\r\n";
    offset = skip_blank(text, or_end(text.find_first_of(ends, offset), text));
  }
  return or_end(offset, text);
}

std::size_t alias_end(std::string_view text, std::size_t begin) { return or_end(text.find_first_of(" \t\r\n,[]{}", begin), text); }

std::size_t scalar_end(std::string_view text, std::size_t begin, std::string_view value) {
  switch (at(text, begin)) {
    case '"':
      return double_quoted_end(text, begin);
    case '\'':
      return single_quoted_end(text, begin);
    case '|':
    case '>':
      return or_end(text.find_first_of("\r\n", begin), text);
    default:
      return plain_end(text, begin, value);
  }
}

std::size_t collection_end(std::string_view text, std::size_t begin, std::size_t last_child_end) {
  const char open = at(text, begin);
  if (open != '[' && open != '{') return std::max(begin, last_child_end);
  std::size_t offset = skip_blank(text, std::max(begin + 1, last_child_end));
  while (at(text, offset) == ',') offset = skip_blank(text, offset + 1);
  const bool closes = at(text, offset) == (open == '[' ? ']' : '}');
  return closes ? offset + 1 : std::max(begin, last_child_end);
}

bool is_null_word(std::string_view text) {
  return text.empty() || std::find(null_words.begin(), null_words.end(), text) != null_words.end();
}

std::size_t null_word_length(std::string_view text, std::size_t begin) {
  for (const std::string_view word : null_words) {
    if (!text.substr(or_end(begin, text)).starts_with(word)) continue;
    const std::size_t end = begin + word.size();
    const char next = at(text, end);
    const bool whole = end == text.size() || is_white(next) || next == ',' || next == ']' || next == '}';
    const bool is_key = at(text, or_end(text.find_first_not_of(" \t", end), text)) == ':';
    if (whole && !is_key) return word.size();
  }
  return 0;
}

}  // namespace cnnctl
