#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/formats/element.h"
#include "engine/formats/safetensors.h"

namespace cnnctl {

/// A tensor with its elements as files hold them: of any type, little-endian, in C order.
struct StoredTensor {
  const ElementType* type = nullptr;
  std::vector<std::int64_t> dims;
  std::vector<std::byte> bytes;
};

/// Tensors under their names, and texts beside them, which only a safetensors file has.
struct StoredTensors {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a safetensors file as read_safetensors does, without a change of the elements' types.
StoredTensors read_stored_safetensors(const std::string& path);

/// Writes a safetensors file as write_safetensors does, each tensor with its own type.
void write_stored_safetensors(const std::string& path, const StoredTensors& content);

/// The tensors' elements as floats. Each tensor's bytes are released as soon as its floats are there.
SafeTensors to_floats(StoredTensors stored);

}  // namespace cnnctl
