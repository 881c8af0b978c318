#include "engine/formats/pytorch/read_state_dict.h"
#include "tests/fuzz/fuzz.h"

// The pickle of a file of PyTorch's, with the storages of a real one beside it.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cnnctl;
  static const ZipArchive storages(CNNCTL_SOURCE_DIR "/tests/formats/pytorch/files/views.pth");
  try {
    read_state_dict(storages, "views/", text_of(data, size));
  } catch (const InputError&) {
  }
  return 0;
}
