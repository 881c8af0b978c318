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

#include "engine/formats/descriptor.h"

namespace cnnctl {
namespace {

constexpr std::string_view temporary_mark = ".tmp.";

/// How the names of the temporary files begin that become `target`; the writer's process id follows.
std::string temporary_prefix(const std::filesystem::path& target) {
  return fmt::format(".{}{}", target.filename().string(), temporary_mark);
}

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

/// Calls `visit` with each file in `folder`, its name apart. What cannot be looked at is left alone.
template <class Visit>
void for_each_file(const std::filesystem::path& folder, Visit&& visit) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    visit(entry->path(), entry->path().filename().string());
}

/// Removes the temporary files of writers that are gone.
void remove_stale_files(const std::filesystem::path& target) {
  const std::string prefix = temporary_prefix(target);
  for_each_file(target.has_parent_path() ? target.parent_path() : ".", [&](const std::filesystem::path& path, const std::string& name) {
    if (name.starts_with(prefix) && !is_running(std::string_view(name).substr(prefix.size()))) ::unlink(path.c_str());
  });
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
  write_file_atomically(path, [&](const WritePiece& put) { std::for_each(pieces.begin(), pieces.end(), put); });
}

void write_file_atomically(const std::string& path, const std::function<void(const WritePiece& put)>& write) {
  refuse_special_target(path);
  TemporaryFile temporary(temporary_name(path));
  Descriptor descriptor(::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!descriptor.is_open()) fail_to_write(path, errno);
  write([&](std::string_view piece) {
    if (!descriptor.write(piece)) fail_to_write(path, errno);
  });
  if (::fsync(descriptor.number()) != 0 || !descriptor.close()) fail_to_write(path, errno);
  if (!temporary.rename_to(path)) fail_to_write(path, errno);
  remove_stale_files(path);
  if (!flush_folder(std::filesystem::path(path).parent_path())) fail_to_write(path, errno);
}

void remove_temporary_files(const std::string& folder) {
  for_each_file(folder, [](const std::filesystem::path& path, const std::string& name) {
    const std::size_t at = name.rfind(temporary_mark);
    const bool has_id = at != std::string::npos && name.find_first_not_of("0123456789", at + temporary_mark.size()) == std::string::npos;
    if (name.front() == '.' && has_id) ::unlink(path.c_str());
  });
}

}  // namespace cnnctl
