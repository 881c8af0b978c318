#pragma once

#include <string>

#include "engine/formats/safetensors.h"

namespace cnnctl {

/// Reads the tensors of a safetensors file or of a file of PyTorch's, whichever it is by its content, as floats. Throws as read_safetensors
/// and read_pytorch do.
SafeTensors read_weights(const std::string& path);

}  // namespace cnnctl
