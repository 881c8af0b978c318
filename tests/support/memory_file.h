#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/formats/descriptor.h"

namespace cnnctl {

/// A file in memory, for readers that take a path: much faster than one on a disk. It is gone at the end of the scope.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : descriptor_(::memfd_create("cnnctl_test", MFD_CLOEXEC)) {
    while (!content.empty()) {
      const ssize_t count = ::write(descriptor_.number(), content.data(), content.size());
      if (count <= 0) throw std::runtime_error("no file in memory");
      content.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_.number()); }

 private:
  Descriptor descriptor_;
};

}  // namespace cnnctl
