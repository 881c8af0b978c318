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

  // By pieces, so that neither a large file nor a device without end is read whole.
  std::string text;
  char piece[64 * 1024];
  while (text.size() <= largest_file && file.read(piece, sizeof piece).gcount() > 0)
    text.append(piece, static_cast<std::size_t>(file.gcount()));
  if (file.bad()) throw InputError(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  if (text.size() > largest_file) throw InputError(fmt::format("cannot read '{}': it is larger than 16 MiB, which no config is", path));
  return std::make_shared<const Source>(Source{path, std::move(text)});
}

}  // namespace cnnctl
