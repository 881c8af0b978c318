#pragma once

#include <string>
#include <vector>

#include "engine/formats/stored_tensors.h"

namespace cnnctl {

/// What a file of PyTorch's holds: the tensors of its state_dict, and what else was said of them or beside them.
struct PyTorchFile {
  StoredTensors content;
  std::string key;                    // where the state_dict was found, as "state_dict" or "checkpoint.model"; "" for the whole
  std::vector<std::string> left_out;  // names of what is no tensor of the state_dict: "epoch", "optimizer"
  std::vector<std::string> shared;    // tensors whose numbers are, in part at least, those of another
};

/// True where a file begins as PyTorch's do: as a zip archive, or as a pickle. Throws InputError where it cannot be read.
bool is_pytorch_file(const std::string& path);

/// Reads a .pth or .pt file, as torch.save writes since PyTorch 1.6: a state_dict, alone or in a dictionary under a usual name
/// ("state_dict", "model" ...). Nothing in it is run. Sizes and offsets are checked against the file before anything is allocated. Throws
/// InputError with the path and what is wrong and what to do: another constructor, the older form, no state_dict or several, damage.
PyTorchFile read_pytorch(const std::string& path);

/// Writes a state_dict that torch.load reads, in the order of the names, without the metadata, which such a file has no place for.
/// Atomically, as write_file_atomically does. Throws std::runtime_error with the path and the reason.
void write_pytorch(const std::string& path, const StoredTensors& content);

}  // namespace cnnctl
