#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "engine/formats/descriptor.h"

namespace cnnctl {

/// False where nothing is called `path`. True also where that cannot be told, as in a folder without permission: whoever opens it then says
/// why.
bool may_exist(const std::filesystem::path& path);
/// The same of a folder.
bool may_be_folder(const std::filesystem::path& path);

/// A regular file open for reading, from its begin to its end. Its length is known, so that a reader can hold against it what a header
/// claims before it allocates anything.
class InputFile {
 public:
  /// Opens `path`. Throws InputError with the path and the system's reason, also for a folder or a pipe.
  explicit InputFile(std::string path);

  const std::string& path() const { return path_; }
  /// Bytes in all, and bytes not read yet.
  std::uint64_t size() const { return size_; }
  std::uint64_t remaining() const { return size_ - position_; }

  /// Reads the next out.size() bytes. Throws InputError where fewer are left.
  void read(std::span<std::byte> out);

  /// Reads all that is left. Whoever calls it has held remaining() against what it is ready to take.
  std::string read_rest();

  /// Throws InputError "path: message".
  [[noreturn]] void fail(const std::string& message) const;

 private:
  std::string path_;
  Descriptor descriptor_;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace cnnctl
