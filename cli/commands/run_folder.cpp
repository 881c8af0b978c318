#include "cli/commands/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/atomic_file.h"

namespace cnnctl {
namespace {

namespace fs = std::filesystem;

/// Makes the folder and all above it. False where the last one was there before.
bool make_folder(const fs::path& path) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  const bool made = !error && fs::create_directory(path, error);
  if (error) throw InputError(fmt::format("cannot make the run's folder {}: {}", path.string(), error.message()));
  return made;
}

fs::path free_folder(const std::string& name) {
  const fs::path first = fs::path("runs") / name;
  fs::path path = first;
  for (int number = 2; !make_folder(path); ++number) path = fmt::format("{}-{}", first.string(), number);
  return path;
}

void refuse_used_folder(const fs::path& path) {
  for (const char* file : {"config.yaml", "train.log", "metrics.csv", "best.safetensors", "last.safetensors"})
    if (fs::exists(path / file))
      throw InputError(
          fmt::format("--out {}: holds a run already ({}); name another folder, or continue it with --resume", path.string(), file));
}

/// Takes the lock on a folder, for as long as the descriptor is open.
Descriptor take_lock(const std::string& folder) {
  const std::string path = (fs::path(folder) / ".lock").string();
  Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (!lock.is_open()) throw InputError(fmt::format("cannot write into the run's folder {}: {}", folder, std::strerror(errno)));
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw InputError(fmt::format("{}: another process is training in this folder; wait until it ends, or stop it", folder));
  return lock;
}

}  // namespace

RunFolder::RunFolder(std::string path) : path_(std::move(path)), lock_(take_lock(path_)) {}

RunFolder RunFolder::create(const std::string& out, const std::string& name) {
  if (out.empty()) return RunFolder(free_folder(name).string());
  std::error_code unknown;  // whoever makes the folder says why
  if (fs::exists(out, unknown) && !fs::is_directory(out, unknown))
    throw InputError(fmt::format("--out {}: is a file, not a folder; name another", out));
  make_folder(out);
  RunFolder folder(out);
  refuse_used_folder(out);
  remove_temporary_files(out);
  return folder;
}

RunFolder RunFolder::open(const std::string& path) {
  RunFolder folder(path);
  remove_temporary_files(path);
  return folder;
}

void RunFolder::write(const std::string& name, std::string_view text) const { write_file_atomically(file(name), std::array{text}); }

std::string RunFolder::file(const std::string& name) const { return (fs::path(path_) / name).string(); }

}  // namespace cnnctl
