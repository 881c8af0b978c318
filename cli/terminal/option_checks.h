#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace cnnctl {

/// Checks of an option's value on the command line. CLI11's own say less: "Value abc not in range 1 to 16".

/// A whole number from `least` to `most`.
CLI::Validator whole_number(std::int64_t least, std::int64_t most);

/// One of the words; the nearest is suggested where it is none.
CLI::Validator one_of(const std::vector<std::string>& words);

/// The name of a file or folder: not empty, as it is where a shell's variable was not set.
CLI::Validator path_name();

}  // namespace cnnctl
