#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cnnctl {

/// True where `name` matches the glob: `*` any characters, `?` one. For patterns over parameters' names.
bool glob_matches(std::string_view glob, std::string_view name);

/// True where `name` matches one of the globs at least.
bool matches_any(std::span<const std::string> globs, std::string_view name);

}  // namespace cnnctl
