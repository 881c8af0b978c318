#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cnnctl {

/// A file for a zip archive. The content is not copied.
struct ZipEntry {
  std::string name;
  std::string_view content;
};

/// Writes an archive that stores its entries uncompressed, each beginning at a multiple of 64 bytes, as PyTorch does so that files can be
/// mapped into memory. Atomically, as write_file_atomically does, with its errors. Sizes and offsets of `zip64_from` and more are written
/// in the 64 bit form.
/// Source: APPNOTE.TXT, .ZIP File Format Specification 6.3.10.
void write_zip(const std::string& path, std::span<const ZipEntry> entries, std::uint64_t zip64_from = 0xFFFFFFFF);

}  // namespace cnnctl
