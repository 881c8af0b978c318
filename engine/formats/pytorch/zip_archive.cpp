#include "engine/formats/pytorch/zip_archive.h"

#include <fmt/format.h>
#include <zip.h>

#include <cstdio>

#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/input_file.h"

namespace cnnctl {
namespace {

struct CloseFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using OpenFile = std::unique_ptr<zip_file_t, CloseFile>;

std::string reason(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

}  // namespace

void ZipArchive::Close::operator()(zip* archive) const { zip_discard(archive); }

ZipArchive::ZipArchive(std::string path) : path_(std::move(path)), file_size_(InputFile(path_).size()) {
  int code = 0;
  archive_.reset(zip_open(path_.c_str(), ZIP_RDONLY, &code));
  if (!archive_) fail(fmt::format("is no zip archive, damaged, or cut off ({})", reason(code)));
}

std::optional<std::string> ZipArchive::find_name(std::string_view end) const {
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    if (name && std::string_view(name).ends_with(end)) return name;
  }
  return std::nullopt;
}

std::optional<ZipArchive::Entry> ZipArchive::find(const std::string& name) const {
  zip_stat_t found;
  if (zip_stat(archive_.get(), name.c_str(), ZIP_FL_ENC_RAW, &found) != 0) return std::nullopt;
  constexpr zip_uint64_t needed = ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((found.valid & needed) != needed) fail(fmt::format("has a damaged entry {}", name));
  if (found.encryption_method != ZIP_EM_NONE) fail(fmt::format("has its entry {} encrypted", name));
  if (found.comp_method != ZIP_CM_STORE || found.comp_size != found.size)
    fail(fmt::format("has its entry {} compressed, which PyTorch never does; unpack it and zip it again with 'zip -0'", name));
  if (found.size > file_size_) fail(fmt::format("claims {} bytes for its entry {}, but has {} in all", found.size, name, file_size_));
  return Entry{name, found.index, found.size};
}

void ZipArchive::read(const Entry& entry, std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > entry.size || out.size() > entry.size - offset) fail(fmt::format("has too short an entry {}", entry.name));
  const OpenFile file(zip_fopen_index(archive_.get(), entry.index, 0));
  if (!file || (offset > 0 && zip_fseek(file.get(), static_cast<zip_int64_t>(offset), SEEK_SET) != 0))
    fail(fmt::format("has a damaged entry {}", entry.name));
  while (!out.empty()) {
    const zip_int64_t count = zip_fread(file.get(), out.data(), out.size());
    if (count <= 0)
      fail(fmt::format("has a damaged entry {} ({})", entry.name, count < 0 ? zip_file_strerror(file.get()) : "it is cut off"));
    out = out.subspan(static_cast<std::size_t>(count));
  }
  // The checksum is compared where the entry's end is met, which is one read further on.
  std::byte beyond{};
  if (offset == 0 && zip_fread(file.get(), &beyond, 1) < 0)
    fail(fmt::format("has a damaged entry {} ({})", entry.name, zip_file_strerror(file.get())));
}

void ZipArchive::fail(const std::string& message) const { throw InputError(path_ + ": " + message); }

}  // namespace cnnctl
