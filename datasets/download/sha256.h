#pragma once

#include <string>

namespace cnnctl {

/// The SHA-256 of a file's content, as 64 hexadecimal digits in lower case. Throws InputError where the file cannot be read. Source:
/// FIPS 180-4.
std::string sha256_of_file(const std::string& path);

}  // namespace cnnctl
