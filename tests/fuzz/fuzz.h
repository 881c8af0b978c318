#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/diagnostics/diagnostic.h"
#include "tests/support/memory_file.h"

/// What libFuzzer calls with one input after another, and replay.cpp with the kept ones. Each target defines it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace cnnctl {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

/// Runs `read` on the path of a file of these bytes. An InputError is a right answer to them; anything else that is thrown is a mistake.
template <class Read>
void read_as_file(const std::uint8_t* data, std::size_t size, Read&& read) {
  const MemoryFile file(text_of(data, size));
  try {
    read(file.path());
  } catch (const InputError&) {
  }
}

}  // namespace cnnctl
