#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/schema/schema.h"

namespace cnnctl {

/// "at least 1", "in [0, 1)", "" for every number.
std::string to_string(const Range& range);

/// A declaration for a terminal: name, summary, source, then a line an argument with type, default, range and help.
std::string to_text(const Declaration& declaration);

/// A declaration as a section of the Markdown reference, with a table of its arguments.
std::string to_markdown(const Declaration& declaration);

/// {"name", "summary", "source", "arguments": [{"name", "type", "required", "default", "range", "choices", "help"}]}.
nlohmann::json to_json(const Declaration& declaration);

}  // namespace cnnctl
