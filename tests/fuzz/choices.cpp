#include "engine/training/choice_cache.h"
#include "tests/fuzz/fuzz.h"

// Stands in for the runtime's, which would ask oneDNN.
std::string cnnctl::choices_origin() { return "fuzz"; }

// The file that keeps how convolutions are computed; it stands in the user's cache and in checkpoints.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cnnctl;
  if (const auto recorded = parse_choices(text_of(data, size))) choices_text(recorded->choices);
  const MemoryFile file(text_of(data, size));
  read_choice_cache(file.path());
  return 0;
}
