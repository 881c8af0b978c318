#include "datasets/readers/idx.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cnnctl::read_as_file(data, size, [](const std::string& path) { cnnctl::read_idx(path); });
  return 0;
}
