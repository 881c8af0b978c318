#include "datasets/readers/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "datasets/readers/gzip.h"
#include "datasets/readers/large_buffer.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/element.h"
#include "engine/formats/input_file.h"

namespace cnnctl {
namespace {

constexpr std::size_t magic_length = 4;
constexpr const char* compressed_end = ".gz";

/// Two zero bytes, the element type (8: unsigned bytes), the number of dimensions; then each dimension in four bytes.
std::size_t header_length(const InputFile& file, std::span<const std::uint8_t> magic) {
  if (magic.size() < magic_length || magic[0] != 0 || magic[1] != 0) file.fail("is no IDX file: its magic number is wrong");
  if (magic[2] != 8) file.fail(fmt::format("holds elements of type 0x{:02x}; only unsigned bytes (0x08) can be read", magic[2]));
  return magic_length + std::size_t{4} * magic[3];
}

/// The dimensions of a header, whose product must be the number of elements that follow.
std::vector<std::int64_t> read_dims(const InputFile& file, std::span<const std::uint8_t> header, std::uint64_t elements) {
  std::vector<std::int64_t> dims;
  for (std::size_t i = magic_length; i < header.size(); i += 4)
    dims.push_back(std::uint32_t{header[i]} << 24U | std::uint32_t{header[i + 1]} << 16U | std::uint32_t{header[i + 2]} << 8U |
                   std::uint32_t{header[i + 3]});
  const std::optional<std::int64_t> count = element_count(dims);
  if (!count || static_cast<std::uint64_t>(*count) != elements)
    file.fail(fmt::format("holds {} bytes behind its header, which promises {}", elements, join(dims, " x ")));
  return dims;
}

IdxFile read_plain(InputFile& file) {
  std::vector<std::uint8_t> header(std::min<std::uint64_t>(magic_length, file.size()));
  file.read(std::as_writable_bytes(std::span(header)));
  header.resize(header_length(file, header));
  file.read(std::as_writable_bytes(std::span(header).subspan(magic_length)));
  IdxFile result{file.path(), read_dims(file, header, file.remaining()), make_large_buffer(file.remaining())};
  file.read(std::as_writable_bytes(std::span(result.bytes)));
  return result;
}

IdxFile read_compressed(InputFile& file) {
  std::vector<std::uint8_t> bytes = inflate_gzip(file);
  const std::size_t header = header_length(file, bytes);
  if (header > bytes.size()) file.fail("is cut off within its header");
  std::vector<std::int64_t> dims = read_dims(file, std::span(bytes).first(header), bytes.size() - header);
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
  return {file.path(), std::move(dims), std::move(bytes)};
}

}  // namespace

bool may_be_idx(const std::string& path) { return may_exist(path) || may_exist(path + compressed_end); }

IdxFile read_idx(const std::string& path, const std::string& hint) {
  if (!may_be_idx(path)) throw InputError(fmt::format("{}: no such file, nor one with .gz at its end{}", path, hint));
  if (may_exist(path)) {
    InputFile file(path);
    return read_plain(file);
  }
  InputFile file(path + compressed_end);
  return read_compressed(file);
}

}  // namespace cnnctl
