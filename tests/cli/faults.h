#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cnnctl {

/// The environment in which the program's file calls on paths that contain `path` go wrong (tests/faults).
std::vector<std::string> killed_at(int call, const std::string& path);
std::vector<std::string> failing_at(int first, int last, int error, const std::string& path);

/// How many such calls the program makes with these arguments, run in `folder`.
int count_file_calls(const std::filesystem::path& folder, const std::vector<std::string>& arguments, const std::string& path);

}  // namespace cnnctl
