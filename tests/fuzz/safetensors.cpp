#include "engine/formats/stored_tensors.h"
#include "tests/fuzz/fuzz.h"

// Both ways of reading have to find the same tensors.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cnnctl;
  read_as_file(data, size, [](const std::string& path) {
    const SafeTensors floats = read_safetensors(path);
    if (to_floats(read_stored_safetensors(path)).tensors.size() != floats.tensors.size()) __builtin_trap();
  });
  return 0;
}
