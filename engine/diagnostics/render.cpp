#include <algorithm>

#include <fmt/color.h>
#include <fmt/format.h>

#include "engine/diagnostics/control.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/diagnostics/utf8.h"

namespace cnnctl {
namespace {

constexpr std::size_t most_shown = 50;  // errors, and warnings
constexpr std::size_t tab_width = 4;
constexpr std::size_t widest_excerpt = 120;   // columns
constexpr std::size_t layout_reach = 4096;    // bytes before and behind the place that are laid out at all
constexpr std::size_t context_of_a_cut = 40;  // columns kept before the place in a line that is too long
constexpr std::string_view cut_mark = "...";

std::string styled(const fmt::text_style& style, const std::string& text, bool color) {
  return color ? fmt::format(style, "{}", text) : text;
}

fmt::text_style label_style(std::string_view label) {
  if (label == "error") return fmt::emphasis::bold | fmt::fg(fmt::terminal_color::red);
  if (label == "warning") return fmt::emphasis::bold | fmt::fg(fmt::terminal_color::magenta);
  return fmt::emphasis::bold | fmt::fg(fmt::terminal_color::cyan);
}

/// A line as a terminal shows it, one element a column: tabs are blanks, control characters a question mark.
struct ShownLine {
  std::vector<std::string> columns;
  std::size_t begin = 0;  // of the underlined range, in columns
  std::size_t end = 0;
};

ShownLine show_line(std::string_view line, std::size_t begin, std::size_t end) {
  ShownLine shown;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (i == begin) shown.begin = shown.columns.size();
    if (i == end) shown.end = shown.columns.size();
    if (line[i] == '\t')
      shown.columns.insert(shown.columns.end(), tab_width - shown.columns.size() % tab_width, " ");
    else if (i > 0 && is_control_pair(line[i - 1], line[i]))
      shown.columns.back() = "?";
    else if (continues_character(line[i]) && !shown.columns.empty())
      shown.columns.back() += line[i];
    else
      shown.columns.emplace_back(1, is_control(line[i]) ? '?' : line[i]);
  }
  if (begin >= line.size()) shown.begin = shown.columns.size();
  if (end >= line.size()) shown.end = shown.columns.size();
  return shown;
}

/// Keeps the part of a long line that holds the place.
void cut(ShownLine& shown) {
  std::vector<std::string>& columns = shown.columns;
  if (columns.size() <= widest_excerpt) return;
  const std::size_t last_first = columns.size() - widest_excerpt;
  const std::size_t first = std::min(last_first, shown.begin > context_of_a_cut ? shown.begin - context_of_a_cut : 0);
  const bool more = first < last_first;
  columns.erase(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(first));
  columns.resize(std::min(columns.size(), widest_excerpt));
  if (first > 0) std::fill_n(columns.begin(), cut_mark.size(), ".");
  if (more) std::fill_n(columns.rbegin(), cut_mark.size(), ".");
  shown.begin -= first;
  shown.end = std::min(shown.end - first, columns.size());
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

/// The part of a very long line that can be shown, with begin and end moved along: to lay out all of it would take megabytes.
std::string_view near_place(std::string_view line, std::size_t& begin, std::size_t& end) {
  std::size_t first = begin > layout_reach ? begin - layout_reach : 0;
  while (first < begin && continues_character(line[first])) ++first;
  const std::string_view part = line.substr(first, begin - first + layout_reach);
  begin -= first;
  end = std::min(end - first, part.size());
  return part;
}

/// The line that holds the place's begin, and under it the range, as far as it lies in that line.
std::string excerpt(const Place& place, const fmt::text_style& style, bool color) {
  if (!place.source) return "";
  const std::string_view text = place.source->text;
  const std::string_view line = line_at(text, place.begin);
  const auto line_offset = static_cast<std::size_t>(line.data() - text.data());
  std::size_t begin = std::clamp(place.begin, line_offset, line_offset + line.size()) - line_offset;
  std::size_t end = std::clamp(std::max(place.begin, place.end), line_offset, line_offset + line.size()) - line_offset;
  const std::string_view part = near_place(line, begin, end);
  ShownLine shown = show_line(part, begin, end);
  cut(shown);

  const std::string number = std::to_string(line_and_column(text, place.begin).line);
  const std::string gutter = fmt::format("{:>5} |", number);
  const std::string empty_gutter = std::string(gutter.size() - 1, ' ') + "|";
  const std::size_t width = shown.end > shown.begin ? shown.end - shown.begin : 1;
  const std::string underline = "^" + std::string(width - 1, '~');
  return trimmed(fmt::format("{} {}", gutter, fmt::join(shown.columns, ""))) + "\n" +
         fmt::format("{} {}{}\n", empty_gutter, std::string(shown.begin, ' '), styled(style, underline, color));
}

/// "place: label: message" and the excerpt.
std::string part(const Place& place, const std::string& label, const std::string& message, bool color) {
  const std::string where = to_string(place);
  return (where.empty() ? "" : styled(fmt::emphasis::bold, without_controls(where) + ":", color) + " ") +
         styled(label_style(label), label + ":", color) + " " + without_controls(message) + "\n" +
         excerpt(place, label_style(label), color);
}

/// "... and 2 more errors", of `count` diagnostics of one severity.
std::string rest_of(std::size_t count, std::string_view severity) {
  if (count <= most_shown) return "";
  return fmt::format("... and {} more {}{}\n", count - most_shown, severity, count - most_shown == 1 ? "" : "s");
}

}  // namespace

std::string to_text(const Diagnostic& diagnostic, bool color) {
  std::string text = part(diagnostic.place, diagnostic.severity == Severity::error ? "error" : "warning", diagnostic.message, color);
  if (!diagnostic.hint.empty())
    text += "   " + styled(label_style("hint"), "hint:", color) + " " + without_controls(diagnostic.hint) + "\n";
  for (const Note& note : diagnostic.notes) text += part(note.place, "note", note.message, color);
  return text;
}

std::string to_text(const Diagnostics& diagnostics, bool color) {
  std::string text;
  std::size_t errors = 0, warnings = 0;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    std::size_t& count = diagnostic.severity == Severity::error ? errors : warnings;
    if (++count <= most_shown) text += to_text(diagnostic, color);
  }
  return text + rest_of(errors + diagnostics.left_out(Severity::error), "error") +
         rest_of(warnings + diagnostics.left_out(Severity::warning), "warning");
}

}  // namespace cnnctl
