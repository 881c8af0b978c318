#include "datasets/readers/idx.h"

#include <filesystem>

#include "tests/fuzz/fuzz.h"
#include "tests/support/temporary_folder.h"

// As it is, and, where it may be, as a compressed file, which is called so.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cnnctl;
  static const TemporaryFolder folder;
  read_as_file(data, size, [&](const std::string& path) {
    if (size < 2 || data[0] != 0x1F || data[1] != 0x8B) return static_cast<void>(read_idx(path));
    const std::filesystem::path link = folder.file("x.gz");
    std::filesystem::remove(link);
    std::filesystem::create_symlink(path, link);
    read_idx(folder.file("x"));
  });
  return 0;
}
