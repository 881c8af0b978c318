#include "datasets/download/libarchive.h"

#include "datasets/download/late_library.h"

namespace cnnctl {
namespace {

LibArchive load() {
  const LateLibrary library("libarchive.so.13", "libarchive13");
  LibArchive functions;
  library.find("archive_read_new", functions.read_new);
  library.find("archive_read_free", functions.read_free);
  library.find("archive_read_support_filter_gzip", functions.read_support_filter_gzip);
  library.find("archive_read_support_format_tar", functions.read_support_format_tar);
  library.find("archive_read_support_format_zip", functions.read_support_format_zip);
  library.find("archive_read_open_filename", functions.read_open_filename);
  library.find("archive_read_next_header", functions.read_next_header);
  library.find("archive_read_data", functions.read_data);
  library.find("archive_error_string", functions.error_string);
  library.find("archive_entry_pathname", functions.entry_pathname);
  library.find("archive_entry_filetype", functions.entry_filetype);
  library.find("archive_entry_hardlink", functions.entry_hardlink);
  return functions;
}

}  // namespace

const LibArchive& libarchive() {
  static const LibArchive functions = load();
  return functions;
}

}  // namespace cnnctl
