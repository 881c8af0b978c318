#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace cnnctl {

/// An open file descriptor, closed when it goes out of scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }

  /// Writes all bytes. False, with errno set, where the system takes only some of them.
  bool write(std::string_view bytes) const;

  /// Closes it now. False, with errno set, where the system reports that something written was lost.
  bool close();

 private:
  int number_;
};

/// Throws std::runtime_error that says which file cannot be written, with the system's reason for the errno `error`.
[[noreturn]] void fail_to_write(const std::string& path, int error);

}  // namespace cnnctl
