#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/runtime/choices.h"

namespace cnnctl {

/// Choices as JSON text that also says what they depend on (choices_origin of this process), and a text read again.
struct RecordedChoices {
  std::string origin;
  Choices choices;
};
std::string choices_text(const Choices& choices);
/// Nothing where the text is damaged or something else.
std::optional<RecordedChoices> parse_choices(std::string_view text);

/// The file in the user's cache folder ($XDG_CACHE_HOME, else ~/.cache) for choices of this origin; "" where there is no such folder.
std::string choice_cache_path();

/// What the file says; nothing where it is missing, damaged, too large, or of another origin. Never throws.
Choices read_choice_cache(const std::string& path);

/// Adds to the file, and makes its folder. Another process may do the same: then one's additions may be lost, but the file is whole. Where
/// it cannot be written it stays as it is. Never throws.
void add_to_choice_cache(const std::string& path, const Choices& choices);

}  // namespace cnnctl
