#pragma once

namespace cnnctl {

/// An open file descriptor, closed when it goes out of scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }

  /// Closes it now. False, with errno set, where the system reports that something written was lost.
  bool close();

 private:
  int number_;
};

}  // namespace cnnctl
