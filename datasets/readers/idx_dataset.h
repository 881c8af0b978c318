#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/dataset.h"

namespace cnnctl {

/// The two files of one split of MNIST or what has its form, each also found with .gz at its end.
struct IdxDatasetFiles {
  std::string images;
  std::string labels;
  std::string hint;              // what to do where they are missing
  std::int32_t first_label = 0;  // what the first class is called in the file
};

/// Reads a split: bytes N x H x W and N labels, held against each other and against `classes`. Throws InputError with the file's name and
/// what is wrong with it.
Dataset read_idx_dataset(const IdxDatasetFiles& files, std::vector<std::string> classes);

}  // namespace cnnctl
