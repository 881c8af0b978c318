#include "engine/formats/npy.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cnnctl::read_as_file(data, size, [](const std::string& path) { cnnctl::read_npy(path); });
  return 0;
}
