#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cnnctl {

/// An IDX file of unsigned bytes: dimensions, then elements. Source: http://yann.lecun.com/exdb/mnist/ (file format).
struct IdxFile {
  std::string path;  // of the file that was read, with .gz where it was that one
  std::vector<std::int64_t> dims;
  std::vector<std::uint8_t> bytes;
};

/// Reads `path`, or, where that is missing, `path`.gz. Header and length are checked before anything is allocated. Throws InputError with
/// the file's name and what is wrong: neither there (then with `hint`, what to do about it), wrong magic number, wrong length, damaged
/// compression.
IdxFile read_idx(const std::string& path, const std::string& hint = "");

/// Whether there may be something for read_idx(`path`) to read.
bool may_be_idx(const std::string& path);

}  // namespace cnnctl
