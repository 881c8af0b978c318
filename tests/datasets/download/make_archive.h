#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace cnnctl {

struct TestEntry {
  std::string name;
  std::string content;
  std::string link_to = "";  // a symbolic link instead of a file
  std::string hardlink_to = "";
};

/// Writes a .tar.gz, or a .zip where `path` ends so.
inline void make_archive(const std::string& path, const std::vector<TestEntry>& entries) {
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  if (path.ends_with(".zip")) {
    archive_write_set_format_zip(writer.get());
  } else {
    archive_write_add_filter_gzip(writer.get());
    archive_write_set_format_ustar(writer.get());
  }
  if (archive_write_open_filename(writer.get(), path.c_str()) != ARCHIVE_OK) throw std::runtime_error("no archive");
  for (const TestEntry& entry : entries) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> header(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(header.get(), entry.name.c_str());
    archive_entry_set_filetype(header.get(), entry.link_to.empty() ? AE_IFREG : AE_IFLNK);
    archive_entry_set_perm(header.get(), 0644);
    archive_entry_set_size(header.get(), static_cast<la_int64_t>(entry.content.size()));
    if (!entry.link_to.empty()) archive_entry_set_symlink(header.get(), entry.link_to.c_str());
    if (!entry.hardlink_to.empty()) archive_entry_set_hardlink(header.get(), entry.hardlink_to.c_str());
    if (archive_write_header(writer.get(), header.get()) != ARCHIVE_OK) throw std::runtime_error("no archive entry");
    archive_write_data(writer.get(), entry.content.data(), entry.content.size());
  }
  archive_write_close(writer.get());
}

}  // namespace cnnctl
