#include "engine/formats/pytorch/zip_writer.h"

#include <libdeflate.h>

#include <deque>
#include <vector>

#include "engine/formats/atomic_file.h"
#include "engine/formats/bytes.h"

namespace cnnctl {
namespace {

constexpr std::uint64_t alignment = 64;
constexpr std::uint16_t plain_version = 20, zip64_version = 45;  // of the format, tenfold: what a reader has to know
constexpr std::uint16_t utf8_names = 1 << 11;
constexpr std::uint16_t first_of_january_1980 = 1 << 5 | 1;  // the earliest date there is, so that equal content gives equal files
constexpr std::uint16_t zip64_extra = 1, padding_extra = 0x4246;
constexpr std::uint32_t see_zip64 = 0xFFFFFFFF;

/// Little-endian bytes one after another.
class Bytes {
 public:
  Bytes& u16(std::uint64_t value) { return number(value, 2); }
  Bytes& u32(std::uint64_t value) { return number(value, 4); }
  Bytes& u64(std::uint64_t value) { return number(value, 8); }
  Bytes& text(std::string_view value) {
    bytes_.append(value);
    return *this;
  }
  const std::string& str() const { return bytes_; }

 private:
  Bytes& number(std::uint64_t value, int size) {
    append_little_endian(bytes_, value, size);
    return *this;
  }

  std::string bytes_;
};

/// An entry with what its two headers say of it.
struct Placed {
  const ZipEntry& entry;
  std::uint64_t offset;  // of its local header
  std::uint32_t checksum;
  bool is_zip64;
};

std::uint64_t or_see_zip64(const Placed& placed, std::uint64_t value) { return placed.is_zip64 ? see_zip64 : value; }

/// What both headers have in common, from the version on.
void add_description(Bytes& bytes, const Placed& placed) {
  const std::uint64_t size = placed.entry.content.size();
  bytes.u16(placed.is_zip64 ? zip64_version : plain_version).u16(utf8_names).u16(0).u16(0).u16(first_of_january_1980);
  bytes.u32(placed.checksum).u32(or_see_zip64(placed, size)).u32(or_see_zip64(placed, size)).u16(placed.entry.name.size());
}

/// The header before the content, padded so that the content is aligned.
std::string local_header(const Placed& placed) {
  Bytes extra;
  const std::uint64_t size = placed.entry.content.size();
  if (placed.is_zip64) extra.u16(zip64_extra).u16(16).u64(size).u64(size);
  constexpr std::uint64_t fixed = 30, padding_header = 4;
  const std::uint64_t unpadded = placed.offset + fixed + placed.entry.name.size() + extra.str().size() + padding_header;
  const std::uint64_t padding = (alignment - unpadded % alignment) % alignment;
  extra.u16(padding_extra).u16(padding).text(std::string(padding, 'Z'));
  Bytes bytes;
  bytes.u32(0x04034B50);
  add_description(bytes, placed);
  return bytes.u16(extra.str().size()).text(placed.entry.name).text(extra.str()).str();
}

/// The entry's row in the directory at the end.
std::string directory_header(const Placed& placed) {
  const std::uint64_t size = placed.entry.content.size();
  Bytes extra;
  if (placed.is_zip64) extra.u16(zip64_extra).u16(24).u64(size).u64(size).u64(placed.offset);
  Bytes bytes;
  bytes.u32(0x02014B50).u16(placed.is_zip64 ? zip64_version : plain_version);
  add_description(bytes, placed);
  bytes.u16(extra.str().size()).u16(0).u16(0).u16(0).u32(0).u32(or_see_zip64(placed, placed.offset));
  return bytes.text(placed.entry.name).text(extra.str()).str();
}

/// What ends the archive: how many rows the directory has, how long it is, and where it begins.
std::string directory_end(std::uint64_t rows, std::uint64_t size, std::uint64_t offset, std::uint64_t zip64_from) {
  constexpr std::uint64_t most_rows = 0xFFFF;
  const bool is_zip64 = rows >= most_rows || size >= zip64_from || offset >= zip64_from;
  Bytes bytes;
  if (is_zip64) {
    bytes.u32(0x06064B50).u64(44).u16(zip64_version).u16(zip64_version).u32(0).u32(0).u64(rows).u64(rows).u64(size).u64(offset);
    bytes.u32(0x07064B50).u32(0).u64(offset + size).u32(1);
  }
  const std::uint64_t plain_rows = is_zip64 ? most_rows : rows;
  bytes.u32(0x06054B50).u16(0).u16(0).u16(plain_rows).u16(plain_rows);
  return bytes.u32(is_zip64 ? see_zip64 : size).u32(is_zip64 ? see_zip64 : offset).u16(0).str();
}

}  // namespace

void write_zip(const std::string& path, std::span<const ZipEntry> entries, std::uint64_t zip64_from) {
  std::deque<std::string> headers;  // keeps its strings where they are
  std::vector<std::string_view> pieces;
  std::string directory;
  std::uint64_t position = 0;
  for (const ZipEntry& entry : entries) {
    const Placed placed{entry, position, libdeflate_crc32(0, entry.content.data(), entry.content.size()),
                        position >= zip64_from || entry.content.size() >= zip64_from};
    directory += directory_header(placed);
    for (const std::string_view piece : {std::string_view(headers.emplace_back(local_header(placed))), entry.content}) {
      pieces.push_back(piece);
      position += piece.size();
    }
  }
  const std::string end = directory_end(entries.size(), directory.size(), position, zip64_from);
  pieces.insert(pieces.end(), {directory, end});
  write_file_atomically(path, pieces);
}

}  // namespace cnnctl
