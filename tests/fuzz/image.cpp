#include "datasets/images/image_file.h"
#include "tests/fuzz/fuzz.h"

// A JPEG or PNG file, as large as it is and decoded smaller.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cnnctl::read_as_file(data, size, [](const std::string& path) {
    cnnctl::read_image(path, 1, [](const cnnctl::Shape&) { return 4.0; });
    cnnctl::read_image(path, 3);
  });
  return 0;
}
