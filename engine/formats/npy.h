#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cnnctl {

/// An array of a .npy file: its dimensions and its elements as little-endian bytes in C order.
/// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
struct NpyArray {
  enum class Type { uint8, int32, int64, float32, float64 };
  Type type = Type::float32;
  std::vector<std::int64_t> dims;
  std::vector<std::byte> bytes;
};

/// Reads a file (format versions 1 and 2). The header is checked against the file's length before anything is allocated. Throws InputError
/// with the path and what is wrong: no npy file, another element type (which, and which are possible), Fortran order, too short.
NpyArray read_npy(const std::string& path);

/// Writes float32 in C order, atomically as write_safetensors does. Throws std::runtime_error with the path and the reason.
void write_npy(const std::string& path, const std::vector<std::int64_t>& dims, std::span<const float> values);

}  // namespace cnnctl
