#include "engine/formats/pytorch.h"
#include "tests/fuzz/fuzz.h"

// A whole file of PyTorch's. Most changes to one spoil a checksum; fuzz_pickle comes past those.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cnnctl::read_as_file(data, size, [](const std::string& path) { cnnctl::to_floats(cnnctl::read_pytorch(path).content); });
  return 0;
}
