#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "engine/config/parse.h"

namespace cnnctl {
namespace {

constexpr std::size_t largest_file = std::size_t{16} << 20U;  // bytes

}  // namespace

std::shared_ptr<const Source> read_source(const std::string& path) {
  std::error_code no_error;
  if (std::filesystem::is_directory(path, no_error)) throw InputError(fmt::format("cannot read '{}': it is a folder, not a file", path));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));

  // One byte more than is allowed, so that neither a large file nor a device without end is read whole.
  std::string text(largest_file + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw InputError(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > largest_file) throw InputError(fmt::format("cannot read '{}': it is larger than 16 MiB, which no config is", path));
  text.shrink_to_fit();
  return std::make_shared<const Source>(Source{path, std::move(text)});
}

}  // namespace cnnctl
