#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cnnctl {

/// The nearest of `candidates` to `word` by edit distance, or "" where none is near enough to be meant. Letter case does not count; of
/// equally near ones the first. Of very many candidates only the first thousand are looked at.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean 'nearest'?", to end a message with, or "" where there is no suggestion.
std::string as_question(const std::string& nearest);
/// The same of the suggestion for a word.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// Names one after another, "a, b, c"; of more than `most` the first ones "and N more".
std::string listed(const std::vector<std::string>& names, std::size_t most = 20);

}  // namespace cnnctl
