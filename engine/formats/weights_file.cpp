#include "engine/formats/weights_file.h"

#include "engine/formats/pytorch.h"

namespace cnnctl {

SafeTensors read_weights(const std::string& path) {
  return is_pytorch_file(path) ? to_floats(read_pytorch(path).content) : read_safetensors(path);
}

}  // namespace cnnctl
