#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

namespace cnnctl {

/// Memory aligned for the widest vectors, filled with zeros; in huge pages where it is large and the system offers them.
class AlignedMemory {
 public:
  AlignedMemory() = default;
  /// Throws std::runtime_error with the size where there is not that much.
  explicit AlignedMemory(std::size_t bytes);
  /// The same without the zeros: it takes no room in the machine's memory before it is written.
  static AlignedMemory untouched(std::size_t bytes);

  /// Fills it with zeros.
  void clear();
  /// Gives the pages of large memory back to the system, which the allocator may keep after the end. What stood there is lost.
  void forget() const;
  std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* pointer) const { std::free(pointer); }
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

/// The bytes that a control group's file says its processes may take: nothing where it sets no limit ("max") or cannot be read.
std::optional<std::int64_t> memory_limit(const std::string& path);

/// Bytes of memory that this process may take: the machine's, or in a container the container's where these are fewer.
std::int64_t available_memory();

}  // namespace cnnctl
