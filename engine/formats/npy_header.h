#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cnnctl {

/// What the header of a .npy file says: a Python dictionary with exactly these keys.
struct NpyHeader {
  std::string descr;  // as "<f4"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// Reads the dictionary; nothing where it is damaged, misses a key, has another one, or `descr` is not a string (a structured type).
std::optional<NpyHeader> parse_npy_header(std::string_view text);

}  // namespace cnnctl
