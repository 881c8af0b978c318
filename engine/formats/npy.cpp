#include "engine/formats/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "engine/formats/atomic_file.h"
#include "engine/formats/bytes.h"
#include "engine/formats/element.h"
#include "engine/formats/input_file.h"
#include "engine/formats/npy_header.h"

namespace cnnctl {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

struct NpyType {
  std::string_view descr;
  NpyArray::Type type;
  std::size_t size;
};

constexpr std::array<NpyType, 5> types = {{
    {"|u1", NpyArray::Type::uint8, 1},
    {"<i4", NpyArray::Type::int32, 4},
    {"<i8", NpyArray::Type::int64, 8},
    {"<f4", NpyArray::Type::float32, 4},
    {"<f8", NpyArray::Type::float64, 8},
}};

const NpyType& find_type(const InputFile& file, const std::string& descr) {
  const auto* found = std::find_if(types.begin(), types.end(), [&](const NpyType& type) { return type.descr == descr; });
  if (found != types.end()) return *found;
  file.fail(fmt::format("has elements of type '{}'; possible are uint8, int32, int64, float32 and float64, little-endian", descr));
}

/// The header's text: its length takes two bytes in version 1 and four in version 2.
std::string read_header_text(InputFile& file) {
  std::array<char, 8> start{};
  if (file.size() < start.size()) file.fail(fmt::format("is no .npy file: {} bytes long", file.size()));
  file.read(std::as_writable_bytes(std::span(start)));
  if (std::string_view(start.data(), magic.size()) != magic) file.fail("is no .npy file: it does not begin with \\x93NUMPY");
  const int version = static_cast<unsigned char>(start[6]);
  if (version != 1 && version != 2) file.fail(fmt::format("is a .npy file of version {}; possible are 1 and 2", version));

  std::uint32_t length = 0;
  file.read(std::as_writable_bytes(std::span(&length, 1)).first(version == 1 ? 2 : 4));
  if (length > file.remaining())
    file.fail(fmt::format("is cut off: its header has {} bytes, of which {} are left", length, file.remaining()));
  std::string text(length, '\0');
  file.read(std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace

NpyArray read_npy(const std::string& path) {
  InputFile file(path);
  const std::optional<NpyHeader> header = parse_npy_header(read_header_text(file));
  if (!header) file.fail("has a damaged .npy header, or one of a structured type");
  const NpyType& type = find_type(file, header->descr);
  if (header->fortran_order) file.fail("is in Fortran order; save it with numpy.ascontiguousarray");

  const std::optional<std::int64_t> count = element_count(header->shape);
  if (!count || static_cast<std::uint64_t>(*count) > file.remaining() || static_cast<std::uint64_t>(*count) * type.size != file.remaining())
    file.fail(fmt::format("holds {} bytes of data, which is not an array of ({}) elements of {} bytes", file.remaining(),
                          join(header->shape, ", "), type.size));
  NpyArray array{type.type, header->shape, std::vector<std::byte>(file.remaining())};
  file.read(array.bytes);
  return array;
}

void write_npy(const std::string& path, const std::vector<std::int64_t>& dims, std::span<const float> values) {
  if (element_count(dims) != static_cast<std::int64_t>(values.size()))
    throw std::runtime_error(
        fmt::format("{}: cannot be written: {} values are not an array of ({})", path, values.size(), join(dims, ", ")));
  // A tuple of one number needs its comma; further ones may have it.
  std::string text =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}", join(dims, ", "), dims.size() == 1 ? "," : "");
  constexpr std::size_t alignment = 64;
  constexpr std::size_t preamble = 10;
  text.resize((preamble + text.size() + 1 + alignment - 1) / alignment * alignment - preamble - 1, ' ');
  text += '\n';
  std::string start(magic);
  start += {'\x01', '\x00'};
  append_little_endian(start, text.size(), 2);
  write_file_atomically(path, std::array<std::string_view, 3>{start, text, as_text(std::as_bytes(values))});
}

}  // namespace cnnctl
