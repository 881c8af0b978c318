#include "engine/training/checkpoint_metadata.h"
#include "tests/fuzz/fuzz.h"

// Stands in for the runtime's, which would ask oneDNN.
std::string cnnctl::choices_origin() { return "fuzz"; }

namespace {

/// A line "KEY VALUE" for each entry. That stands for the file around it, which fuzz_safetensors looks after.
std::map<std::string, std::string> metadata_of(std::string_view text) {
  std::map<std::string, std::string> metadata;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t key = std::min(line.find(' '), line.size());
    metadata[std::string(line.substr(0, key))] = line.substr(std::min(key + 1, line.size()));
  }
  return metadata;
}

}  // namespace

// What a resume takes from a checkpoint's metadata. What is accepted comes back when it is written again.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cnnctl;
  try {
    const Checkpoint checkpoint = take_apart({{}, metadata_of(text_of(data, size))}, "x");
    const SavedState state = read_saved_state(checkpoint.file, "x");
    SafeTensors again;
    add_saved_state(state, again.metadata);
    const SavedState same = read_saved_state(again, "x");
    if (same.progress.total_steps != state.progress.total_steps || same.counters != state.counters || same.schedule != state.schedule)
      __builtin_trap();
  } catch (const InputError&) {
  }
  return 0;
}
