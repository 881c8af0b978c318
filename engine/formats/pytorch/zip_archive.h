#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct zip;

namespace cnnctl {

/// A zip archive (also of the 64 bit form), open for reading what it stores uncompressed. Nothing that it claims about sizes is believed
/// beyond the file's own length.
class ZipArchive {
 public:
  /// An entry: its number, and its length in bytes, which the file can hold.
  struct Entry {
    std::string name;
    std::uint64_t index = 0;
    std::uint64_t size = 0;
  };

  /// Throws InputError with the path where it cannot be read or is no whole zip archive.
  explicit ZipArchive(std::string path);

  const std::string& path() const { return path_; }
  std::uint64_t file_size() const { return file_size_; }

  /// The name of the first entry that ends in `end`; nothing where there is none.
  std::optional<std::string> find_name(std::string_view end) const;

  /// The entry of this name; nothing where there is none. Throws InputError where it is compressed, encrypted, or longer than the file.
  std::optional<Entry> find(const std::string& name) const;

  /// Reads out.size() bytes of an entry, from `offset` on. Throws InputError where they are not all there, or the entry is read whole and
  /// its checksum is another.
  void read(const Entry& entry, std::uint64_t offset, std::span<std::byte> out) const;

  /// Throws InputError "path: message".
  [[noreturn]] void fail(const std::string& message) const;

 private:
  struct Close {
    void operator()(zip* archive) const;
  };

  std::string path_;
  std::uint64_t file_size_;
  std::unique_ptr<zip, Close> archive_;
};

}  // namespace cnnctl
