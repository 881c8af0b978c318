#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>

#include "engine/formats/input_file.h"
#include "engine/formats/pytorch.h"
#include "engine/formats/pytorch/find_state_dict.h"
#include "engine/formats/pytorch/read_tensor.h"
#include "engine/formats/pytorch/unpickle.h"
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

/// Bounds what is read and allocated: tensors may share a storage, and a file of a few bytes could claim any number of them.
class Budget {
 public:
  explicit Budget(const ZipArchive& archive) : archive_(archive), left_(most_repeats * archive.file_size()) {}

  void spend(const TensorView& view) {
    const std::uint64_t elements = std::max(view.count, view.last - view.first);
    constexpr std::uint64_t beside = 64;
    const std::uint64_t description = beside + 2 * sizeof(std::int64_t) * view.dims.size();
    if (elements > left_ / view.type->size || elements * view.type->size + description > left_)
      archive_.fail(fmt::format("has tensors that share or repeat their numbers so much that they would take more than {} times the file",
                                most_repeats));
    left_ -= elements * view.type->size + description;
  }

 private:
  static constexpr std::uint64_t most_repeats = 16;
  const ZipArchive& archive_;
  std::uint64_t left_;
};

/// A tensor's place, to find those that overlap.
struct Place {
  std::string_view storage;
  std::uint64_t first, last;
  const std::string* name;
};

std::vector<std::string> overlapping(std::vector<Place> places) {
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return std::tie(a.storage, a.first, *a.name) < std::tie(b.storage, b.first, *b.name); });
  std::vector<std::string> names;
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (i == 0 || places[i].storage != places[i - 1].storage) end = 0;
    if (places[i].first < end && places[i].first < places[i].last) names.push_back(*places[i].name);
    end = std::max(end, places[i].last);
  }
  return names;
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
  const std::string text = read_text(archive, *pickle);
  const PickledValues values = unpickle(text, path);
  StateDict dict = find_state_dict(values, path);

  PyTorchFile result{{}, std::move(dict.key), std::move(dict.left_out), {}};
  Budget budget(archive);
  std::vector<Place> places;
  for (const auto& [name, tensor] : dict.tensors) {
    const auto entry = archive.find(fmt::format("{}data/{}", folder, tensor.storage.key));
    if (!entry) archive.fail(fmt::format("has no entry data/{}, which tensor '{}' needs", tensor.storage.key, name));
    if (tensor.storage.count > entry->size / tensor.storage.type->size)
      archive.fail(fmt::format("has {} bytes in its entry data/{}, but tensor '{}' needs {} numbers of {} bytes", entry->size,
                               tensor.storage.key, name, tensor.storage.count, tensor.storage.type->size));
    const TensorView view = check_tensor(values, tensor, name, archive);
    budget.spend(view);
    places.push_back({tensor.storage.key, view.first, view.last, &name});
    result.content.tensors.emplace(name, read_tensor(view, archive, *entry));
  }
  result.shared = overlapping(std::move(places));
  return result;
}

}  // namespace cnnctl
