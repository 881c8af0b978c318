#include "engine/formats/appended_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace cnnctl {
namespace {

bool cut(const Descriptor& descriptor, std::int64_t size) { return ::ftruncate(descriptor.number(), size) == 0; }

}  // namespace

AppendedFile::AppendedFile(std::string path, std::int64_t size)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666)) {
  struct stat status {};
  if (!descriptor_.is_open() && errno == ELOOP)
    throw std::runtime_error(path_ + ": cannot be written: it is a symbolic link, which may lead out of its folder");
  if (!descriptor_.is_open() || ::fstat(descriptor_.number(), &status) != 0) fail_to_write(path_, errno);
  size_ = std::min<std::int64_t>(size, status.st_size);
  if (size_ < status.st_size && !cut(descriptor_, size_)) fail_to_write(path_, errno);
}

void AppendedFile::append(std::string_view text) {
  pending_ += text;
  struct stat status {};
  if (::fstat(descriptor_.number(), &status) != 0) fail_to_write(path_, errno);
  if (status.st_nlink == 0) fail_to_write(path_, ENOENT);  // what is written to a removed file is lost without an error
  if (status.st_size > size_ && !cut(descriptor_, size_)) fail_to_write(path_, errno);  // half a text that could not be cut off before
  if (!descriptor_.write(pending_)) {
    const int error = errno;
    static_cast<void>(cut(descriptor_, size_));
    fail_to_write(path_, error);
  }
  size_ += static_cast<std::int64_t>(pending_.size());
  pending_.clear();
}

void AppendedFile::flush() {
  if (!pending_.empty()) append("");
  if (::fdatasync(descriptor_.number()) != 0 && errno != EINVAL) fail_to_write(path_, errno);  // EINVAL: a pipe or a device
}

}  // namespace cnnctl
