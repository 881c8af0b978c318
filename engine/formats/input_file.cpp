#include "engine/formats/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "engine/diagnostics/diagnostic.h"

namespace cnnctl {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

bool may_exist(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error) || error;
}

bool may_be_folder(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  return std::filesystem::is_directory(status) || !std::filesystem::status_known(status);
}

// Without O_NONBLOCK, opening a pipe would wait for its writer before it can be refused.
InputFile::InputFile(std::string path) : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  struct stat status {};
  if (!descriptor_.is_open() || ::fstat(descriptor_.number(), &status) != 0) fail("cannot be read: " + reason(errno));
  if (S_ISDIR(status.st_mode)) fail("is a folder, not a file");
  if (!S_ISREG(status.st_mode)) fail("is not a regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
}

void InputFile::read(std::span<std::byte> out) {
  if (out.size() > remaining()) fail(fmt::format("is too short: {} bytes wanted, {} left", out.size(), remaining()));
  constexpr std::size_t most_per_call = std::size_t{1} << 30;  // the system's calls may refuse 2 GiB and more
  while (!out.empty()) {
    const ssize_t count = ::read(descriptor_.number(), out.data(), std::min(out.size(), most_per_call));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot be read: " + reason(errno));
    if (count == 0) fail("became shorter while it was read");
    out = out.subspan(static_cast<std::size_t>(count));
    position_ += static_cast<std::uint64_t>(count);
  }
}

std::string InputFile::read_rest() {
  std::string text(remaining(), '\0');
  read(std::as_writable_bytes(std::span(text)));
  return text;
}

void InputFile::fail(const std::string& message) const { throw InputError(path_ + ": " + message); }

}  // namespace cnnctl
