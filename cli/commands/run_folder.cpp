#include "cli/commands/run_folder.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>

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

/// Writes a file that must not be there yet: of two runs that were given the same folder, one fails here.
void write_new_file(const std::string& path, const std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wx"), &std::fclose);
  if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0)
    throw InputError(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

}  // namespace

RunFolder RunFolder::create(const std::string& out, const std::string& name, const std::string& config) {
  RunFolder folder(out.empty() ? free_folder(name).string() : out);
  if (!out.empty() && fs::exists(out) && !fs::is_directory(out))
    throw InputError(fmt::format("--out {}: is a file, not a folder; name another", out));
  if (!out.empty() && !make_folder(out)) refuse_used_folder(out);
  write_new_file(folder.file("config.yaml"), config);
  return folder;
}

RunFolder RunFolder::reopen(const std::string& path, const std::string& config) {
  RunFolder folder(path);
  folder.write("config.yaml", config);
  return folder;
}

void RunFolder::write(const std::string& name, std::string_view text) const { write_file_atomically(file(name), std::array{text}); }

std::string RunFolder::file(const std::string& name) const { return (fs::path(path_) / name).string(); }

}  // namespace cnnctl
