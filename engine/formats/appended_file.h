#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/formats/descriptor.h"

namespace cnnctl {

/// A file that grows by texts at its end, such as a log. It holds whole texts alone, also where the disk was full in the middle of one.
class AppendedFile {
 public:
  /// Opens the file, or makes it, and cuts off what is behind the first `size` bytes. A symbolic link is not followed: the folder may come
  /// from somebody else. Throws std::runtime_error with the path and the system's reason.
  AppendedFile(std::string path, std::int64_t size);

  /// Appends a text and hands it to the system. Throws as the constructor does; then the file is as it was, and the text is written before
  /// the next one.
  void append(std::string_view text);

  /// Has what was appended reach the disk. Throws as the constructor does.
  void flush();

  /// Bytes, with those that could not be written yet.
  std::int64_t size() const { return size_ + static_cast<std::int64_t>(pending_.size()); }

 private:
  std::string path_;
  Descriptor descriptor_;
  std::int64_t size_ = 0;
  std::string pending_;
};

}  // namespace cnnctl
