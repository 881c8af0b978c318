#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "engine/formats/input_file.h"
#include "engine/formats/pytorch.h"
#include "engine/formats/pytorch/read_state_dict.h"
#include "engine/formats/pytorch/zip_archive.h"

namespace cnnctl {
namespace {

constexpr std::string_view zip_magic = "PK\x03\x04";
constexpr std::string_view pickle_magic = "\x80\x02";

std::string first_bytes(const std::string& path) {
  InputFile file(path);
  std::string bytes(std::min<std::uint64_t>(zip_magic.size(), file.size()), '\0');
  file.read(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

ZipArchive open_archive(const std::string& path) {
  const std::string begin = first_bytes(path);
  if (begin.starts_with(zip_magic)) return ZipArchive(path);
  const InputFile file(path);
  if (begin.starts_with(pickle_magic))
    file.fail(
        "is in the form of PyTorch before 1.6, which is not read; write it anew in Python: "
        "torch.save(torch.load('old.pth', map_location='cpu'), 'new.pth')");
  file.fail("is no file of PyTorch's: it is no zip archive");
}

std::string read_text(const ZipArchive& archive, const ZipArchive::Entry& entry) {
  std::string text(entry.size, '\0');
  archive.read(entry, 0, std::as_writable_bytes(std::span(text)));
  return text;
}

/// The folder that all of the archive's entries lie in, with the slash.
std::string find_folder(const ZipArchive& archive) {
  constexpr std::string_view pickle = "data.pkl";
  const auto name = archive.find_name("/data.pkl");
  if (!name) archive.fail("is no file of PyTorch's: there is no data.pkl in the archive");
  return name->substr(0, name->size() - pickle.size());
}

void check_byte_order(const ZipArchive& archive, const std::string& folder) {
  const auto entry = archive.find(folder + "byteorder");
  if (entry && entry->size <= 16 && read_text(archive, *entry) == "big")
    archive.fail("was written on a big-endian machine; write it anew on a little-endian one");
}

}  // namespace

bool is_pytorch_file(const std::string& path) {
  const std::string begin = first_bytes(path);
  return begin.starts_with(zip_magic) || begin.starts_with(pickle_magic);
}

PyTorchFile read_pytorch(const std::string& path) {
  const ZipArchive archive = open_archive(path);
  const std::string folder = find_folder(archive);
  check_byte_order(archive, folder);
  const auto pickle = archive.find(folder + "data.pkl");
  if (!pickle) archive.fail("has a damaged entry data.pkl");
  return read_state_dict(archive, folder, read_text(archive, *pickle));
}

}  // namespace cnnctl
