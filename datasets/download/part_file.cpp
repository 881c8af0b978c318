#include "datasets/download/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

/// A symbolic link in the place of the part would lead the writing elsewhere.
Descriptor open_part(const std::string& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666));
  if (!descriptor.is_open())
    throw InputError(fmt::format("{}: cannot be written: {}\n  hint: give the dataset another folder as its root", path, reason(errno)));
  return descriptor;
}

/// Some network file systems know no locks (ENOLCK): there two processes that fetch the same file are told apart by its hash alone.
void lock(int descriptor, const std::function<void()>& waiting) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  waiting();
  while (::flock(descriptor, LOCK_EX) != 0 && errno == EINTR) {
  }
}

/// False where the process that had the lock renamed or removed the file meanwhile.
bool is_still_named(int descriptor, const std::string& path) {
  struct stat opened {
  }, named{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

Descriptor open_and_lock(const std::string& path, const std::function<void()>& waiting) {
  for (;;) {
    Descriptor descriptor = open_part(path);
    lock(descriptor.number(), waiting);
    if (is_still_named(descriptor.number(), path)) return descriptor;
  }
}

}  // namespace

PartFile::PartFile(const std::string& target, const std::function<void()>& waiting)
    : path_(target + ".part"), descriptor_(open_and_lock(path_, waiting)) {
  struct stat status {};
  if (::fstat(descriptor_.number(), &status) != 0 || !S_ISREG(status.st_mode))
    throw InputError(fmt::format("{}: cannot be written: not a regular file", path_));
  size_ = static_cast<std::uint64_t>(status.st_size);
}

PartFile::~PartFile() {
  if (size_ == 0) remove();
}

void PartFile::append(std::span<const char> bytes) {
  if (!descriptor_.write({bytes.data(), bytes.size()})) fail_to_write(path_, errno);
  size_ += bytes.size();
}

void PartFile::clear() {
  if (::ftruncate(descriptor_.number(), 0) != 0) fail_to_write(path_, errno);
  size_ = 0;
}

void PartFile::rename_to(const std::string& target) {
  if (::fsync(descriptor_.number()) != 0 || std::rename(path_.c_str(), target.c_str()) != 0) fail_to_write(target, errno);
}

void PartFile::remove() { ::unlink(path_.c_str()); }

}  // namespace cnnctl
