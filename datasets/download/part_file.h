#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "engine/formats/descriptor.h"

namespace cnnctl {

/// The part of a file that has arrived so far: PATH.part, which a later run goes on with. No other process writes to it meanwhile. An empty
/// one is removed at the end of the scope.
class PartFile {
 public:
  /// Opens or creates the part of the file `target`. Where another process is fetching it, calls `waiting` and waits. Throws InputError
  /// where the folder does not let it be written.
  PartFile(const std::string& target, const std::function<void()>& waiting);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  /// Adds bytes at the end. Throws std::runtime_error with the path and the system's reason, as a full disk.
  void append(std::span<const char> bytes);
  /// Makes it empty.
  void clear();
  /// Flushes it to the disk and gives it the name `target`.
  void rename_to(const std::string& target);
  void remove();

 private:
  std::string path_;
  Descriptor descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace cnnctl
