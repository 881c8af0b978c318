#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/config/value.h"
#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {

/// Finds and reads the file that `path` names in `including`. Throws InputError where it cannot.
using IncludeReader = std::function<std::shared_ptr<const Source>(const Source& including, const std::string& path)>;

/// Replaces the `include` of a config (a path or a list of paths) by what the files bring: their blocks and vars, and the keys of their
/// data and train, which serve as defaults. What the config itself says wins, and of two files the later one. Files may include others; one
/// that is included twice counts once. A file that cannot be read, a cycle, and a file that holds more than these parts are errors in
/// `diagnostics`.
void merge_includes(Value& root, const IncludeReader& read, Diagnostics& diagnostics);

}  // namespace cnnctl
