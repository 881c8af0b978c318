#pragma once

#include <archive.h>
#include <archive_entry.h>

namespace cnnctl {

/// libarchive's functions that are used here.
struct LibArchive {
  decltype(::archive_read_new)* read_new = nullptr;
  decltype(::archive_read_free)* read_free = nullptr;
  decltype(::archive_read_support_filter_gzip)* read_support_filter_gzip = nullptr;
  decltype(::archive_read_support_format_tar)* read_support_format_tar = nullptr;
  decltype(::archive_read_support_format_zip)* read_support_format_zip = nullptr;
  decltype(::archive_read_open_filename)* read_open_filename = nullptr;
  decltype(::archive_read_next_header)* read_next_header = nullptr;
  decltype(::archive_read_data)* read_data = nullptr;
  decltype(::archive_error_string)* error_string = nullptr;
  decltype(::archive_entry_pathname)* entry_pathname = nullptr;
  decltype(::archive_entry_filetype)* entry_filetype = nullptr;
  decltype(::archive_entry_hardlink)* entry_hardlink = nullptr;
};

/// Loads libarchive at the first call. Throws std::runtime_error where there is none.
const LibArchive& libarchive();

}  // namespace cnnctl
