#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cnnctl {

/// The nearest of `candidates` to `word` by edit distance, or "" where none is near enough to be meant. Letter case does not count; of
/// equally near ones the first.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean 'nearest'?", to end a message with, or "" where there is no suggestion.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace cnnctl
