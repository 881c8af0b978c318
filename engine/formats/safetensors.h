#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace cnnctl {

/// A tensor of a safetensors file, converted to float where it was stored as F16, BF16, F64 or an integer.
struct Tensor {
  std::vector<std::int64_t> dims;
  std::vector<float> values;
};

/// A whole file. Source: https://github.com/huggingface/safetensors (format section).
struct SafeTensors {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a file. Sizes and offsets are checked against the file's length before anything is allocated. Throws InputError with the path and
/// what is wrong.
SafeTensors read_safetensors(const std::string& path);

/// Writes a file so that a crash at any moment leaves either the old file or the new one: a temporary file beside it, fsync, rename, fsync
/// of the folder. Tensors are stored as F32, in the order of their names. Throws std::runtime_error with the path and the system's reason.
void write_safetensors(const std::string& path, const SafeTensors& content);

/// A tensor that is put together when its turn to be written comes.
struct TensorSource {
  std::vector<std::int64_t> dims;
  std::function<std::vector<float>()> values;
};

/// The same, with one tensor in memory at a time.
void write_safetensors(const std::string& path, const std::map<std::string, TensorSource>& tensors,
                       const std::map<std::string, std::string>& metadata);

}  // namespace cnnctl
