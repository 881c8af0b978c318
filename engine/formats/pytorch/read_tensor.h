#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/formats/pytorch/pickle_value.h"
#include "engine/formats/pytorch/zip_archive.h"
#include "engine/formats/stored_tensors.h"

namespace cnnctl {

/// A tensor of a pickle, checked: its elements lie in the storage.
struct TensorView {
  const ElementType* type = nullptr;
  std::vector<std::int64_t> dims;
  std::vector<std::int64_t> strides;
  std::uint64_t count = 0;            // elements of the tensor
  std::uint64_t first = 0, last = 0;  // elements of the storage, [first, last), that it lies in
};

/// Throws InputError that names the tensor where its sizes are no sizes, or it reaches beyond its storage.
TensorView check_tensor(const PickledValues& values, const PickledTensor& tensor, const std::string& name, const ZipArchive& archive);

/// Reads the tensor's elements from the entry of its storage, and puts them in C order.
StoredTensor read_tensor(const TensorView& view, const ZipArchive& archive, const ZipArchive::Entry& storage);

}  // namespace cnnctl
