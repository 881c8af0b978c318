#include "cli/terminal/option_checks.h"

#include <charconv>

#include <fmt/format.h>

#include "engine/diagnostics/suggestion.h"

namespace cnnctl {
namespace {

/// A validator that `help` does not mention: the option's own description says what it takes.
CLI::Validator silent(std::function<std::string(std::string&)> check) { return CLI::Validator(std::move(check), ""); }

}  // namespace

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  return silent([least, most](std::string& text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && rest == end && number >= least && number <= most) return std::string();
    return fmt::format("takes a whole number from {} to {}, not '{}'", least, most, text);
  });
}

CLI::Validator one_of(const std::vector<std::string>& words) {
  return silent([words](std::string& text) {
    if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
    return fmt::format("takes {}, not '{}'{}", fmt::join(words, " or "), text, did_you_mean(text, words));
  });
}

CLI::Validator path_name() {
  return silent([](std::string& text) { return text.empty() ? "takes a name, which is empty here" : std::string(); });
}

}  // namespace cnnctl
