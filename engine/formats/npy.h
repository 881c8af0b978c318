#pragma once

#include <cstdint>
#include <cstring>
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

/// The elements of an array as T, in whose type they are stored.
template <class T>
std::vector<T> elements(const NpyArray& array) {
  std::vector<T> result(array.bytes.size() / sizeof(T));
  if (!result.empty()) std::memcpy(result.data(), array.bytes.data(), result.size() * sizeof(T));
  return result;
}

/// Reads a file (format versions 1 and 2). The header is checked against the file's length before anything is allocated. Throws InputError
/// with the path and what is wrong: no npy file, another element type (which, and which are possible), Fortran order, too short.
NpyArray read_npy(const std::string& path);

/// Writes float32 in C order, atomically as write_safetensors does. Throws std::runtime_error with the path and the reason.
void write_npy(const std::string& path, const std::vector<std::int64_t>& dims, std::span<const float> values);

}  // namespace cnnctl
