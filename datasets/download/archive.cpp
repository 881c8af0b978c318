#include "datasets/download/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <new>
#include <string_view>

#include "datasets/download/libarchive.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/atomic_file.h"
#include "engine/formats/input_file.h"

namespace cnnctl {
namespace {

constexpr std::size_t bytes_at_once = std::size_t{1} << 20U;
constexpr int most_entries = 10'000;

using Reader = std::unique_ptr<archive, decltype(::archive_read_free)*>;

/// An open archive, read entry by entry.
class ArchiveReader {
 public:
  explicit ArchiveReader(const std::string& path) : path_(path), reader_(libarchive().read_new(), libarchive().read_free) {
    if (!reader_) throw std::bad_alloc();
    libarchive().read_support_filter_gzip(reader_.get());
    libarchive().read_support_format_tar(reader_.get());
    libarchive().read_support_format_zip(reader_.get());
    check(libarchive().read_open_filename(reader_.get(), path.c_str(), bytes_at_once));
  }

  /// The next entry, or null at the end.
  archive_entry* next() {
    archive_entry* entry = nullptr;
    const int result = libarchive().read_next_header(reader_.get(), &entry);
    if (result == ARCHIVE_EOF) return nullptr;
    check(result);
    return entry;
  }

  /// The content of the entry that next() returned.
  std::string content(const std::string& name, std::uint64_t largest) {
    std::string bytes;
    std::string buffer(bytes_at_once, '\0');
    for (;;) {
      const la_ssize_t count = libarchive().read_data(reader_.get(), buffer.data(), buffer.size());
      if (count == 0) return bytes;
      if (count < 0) fail_reading();
      if (bytes.size() + static_cast<std::size_t>(count) > largest) fail(fmt::format("{} in it is longer than {} bytes", name, largest));
      bytes.append(buffer, 0, static_cast<std::size_t>(count));
    }
  }

  [[noreturn]] void fail(const std::string& message) const { throw InputError(fmt::format("{}: {}", path_, message)); }

 private:
  void check(int result) {
    if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return;
    fail_reading();
  }

  [[noreturn]] void fail_reading() {
    const char* details = libarchive().error_string(reader_.get());
    fail(fmt::format("cannot be unpacked: {}", details != nullptr ? details : "it is damaged"));
  }

  std::string path_;
  Reader reader_;
};

}  // namespace

void unpack(const std::string& archive, const std::vector<ArchiveMember>& members) {
  std::vector<const ArchiveMember*> missing;
  for (const ArchiveMember& member : members)
    if (!may_exist(member.target)) missing.push_back(&member);
  ArchiveReader reader(archive);
  for (int entries = 0; !missing.empty(); ++entries) {
    archive_entry* entry = reader.next();
    if (entry == nullptr) reader.fail(fmt::format("holds no {}", missing.front()->name));
    if (entries == most_entries) reader.fail(fmt::format("holds more than {} files", most_entries));
    const char* name = libarchive().entry_pathname(entry);
    const auto wanted =
        std::find_if(missing.begin(), missing.end(), [&](const ArchiveMember* member) { return name != nullptr && member->name == name; });
    if (wanted == missing.end()) continue;
    const ArchiveMember& member = **wanted;
    if (libarchive().entry_filetype(entry) != AE_IFREG || libarchive().entry_hardlink(entry) != nullptr)
      reader.fail(fmt::format("{} in it is no regular file", member.name));
    const std::string content = reader.content(member.name, member.largest);
    std::filesystem::create_directories(std::filesystem::path(member.target).parent_path());
    const std::array<std::string_view, 1> pieces = {content};
    write_file_atomically(member.target, pieces);
    missing.erase(wanted);
  }
}

}  // namespace cnnctl
