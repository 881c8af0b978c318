#include "engine/diagnostics/suggestion.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <span>

#include <fmt/format.h>

namespace cnnctl {
namespace {

constexpr std::size_t most_candidates = 1000;  // the distances to more would take long, mistake by mistake
constexpr std::size_t longest_word = 100;      // beyond it nobody mistyped a name, and the distance costs the product of the lengths

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_previous(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) current[j] = std::min(current[j], before_previous[j - 2] + 1);
    }
    std::swap(before_previous, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > longest_word) return "";
  const std::string meant = lower_case(word);
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : std::span(candidates).first(std::min(candidates.size(), most_candidates))) {
    if (candidate.size() > longest_word) continue;
    const std::size_t distance = edit_distance(meant, lower_case(candidate));
    // Where every letter would change, the two have nothing in common.
    if (distance < best_distance && distance < std::max(word.size(), candidate.size())) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string as_question(const std::string& nearest) { return nearest.empty() ? "" : "; did you mean '" + nearest + "'?"; }

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  return as_question(suggestion(word, candidates));
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
  const std::size_t shown = std::min(most, names.size());
  const std::string text = fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  return shown == names.size() ? text : fmt::format("{} and {} more", text, names.size() - shown);
}

}  // namespace cnnctl
