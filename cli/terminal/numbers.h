#pragma once

#include <cstdint>
#include <string>

namespace cnnctl {

/// "10,268,800".
std::string with_separators(std::int64_t number);

/// A size in bytes with a decimal unit: "512 B", "12.3 MB".
std::string readable_bytes(std::int64_t bytes);

/// A duration: "0:07", "12:30", "1:02:03".
std::string readable_seconds(double seconds);

}  // namespace cnnctl
