#pragma once

#include <string>

namespace cnnctl {

/// True where `name` matches the glob: `*` any characters, `?` one. For patterns over parameters' names.
bool glob_matches(const std::string& glob, const std::string& name);

}  // namespace cnnctl
