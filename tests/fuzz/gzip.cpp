#include "datasets/readers/gzip.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cnnctl::read_as_file(data, size, [](const std::string& path) {
    cnnctl::InputFile file(path);
    cnnctl::inflate_gzip(file);
  });
  return 0;
}
