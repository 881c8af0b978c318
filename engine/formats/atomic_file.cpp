#include "engine/formats/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "engine/formats/descriptor.h"

namespace cnnctl {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  throw std::runtime_error(fmt::format("{}: cannot be written: {}", path, std::generic_category().message(error)));
}

/// How the names of the temporary files begin that become `target`; the writer's process id follows.
std::string temporary_prefix(const std::filesystem::path& target) { return fmt::format(".{}.tmp.", target.filename().string()); }

/// A name beside the target, hidden, and unique among running processes.
std::string temporary_name(const std::filesystem::path& target) {
  return (target.parent_path() / (temporary_prefix(target) + std::to_string(::getpid()))).string();
}

bool is_running(std::string_view process) {
  pid_t id = 0;
  const auto [rest, error] = std::from_chars(process.data(), process.data() + process.size(), id);
  const bool is_id = error == std::errc() && rest == process.data() + process.size() && id > 0;
  return !is_id || ::kill(id, 0) == 0 || errno != ESRCH;
}

/// Removes the temporary files of writers that are gone. What cannot be looked at or removed is left alone.
void remove_stale_files(const std::filesystem::path& target) {
  const std::string prefix = temporary_prefix(target);
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(prefix) && !is_running(std::string_view(name).substr(prefix.size()))) ::unlink(entry->path().c_str());
  }
}

/// Removes its file when it goes out of scope, unless the file got its final name before.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  ~TemporaryFile() {
    if (!renamed_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  bool rename_to(const std::string& target) {
    renamed_ = std::rename(path_.c_str(), target.c_str()) == 0;
    return renamed_;
  }

 private:
  std::string path_;
  bool renamed_ = false;
};

bool write_all(int descriptor, std::string_view bytes) {
  constexpr std::size_t most_per_call = std::size_t{1} << 30;  // the system's calls may refuse 2 GiB and more
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), std::min(bytes.size(), most_per_call));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// Makes a rename in `folder` last. Some network file systems cannot flush a folder (EINVAL) and need not.
bool flush_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor.is_open() && (::fsync(descriptor.number()) == 0 || errno == EINVAL);
}

/// A rename would put a file in the place of a device such as /dev/null.
void refuse_special_target(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
    throw std::runtime_error(fmt::format("{}: cannot be written: not a regular file", path));
}

}  // namespace

void write_file_atomically(const std::string& path, std::span<const std::string_view> pieces) {
  refuse_special_target(path);
  TemporaryFile temporary(temporary_name(path));
  Descriptor descriptor(::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!descriptor.is_open()) fail(path, errno);
  for (const std::string_view piece : pieces)
    if (!write_all(descriptor.number(), piece)) fail(path, errno);
  if (::fsync(descriptor.number()) != 0 || !descriptor.close()) fail(path, errno);
  if (!temporary.rename_to(path)) fail(path, errno);
  remove_stale_files(path);
  if (!flush_folder(std::filesystem::path(path).parent_path())) fail(path, errno);
}

}  // namespace cnnctl
