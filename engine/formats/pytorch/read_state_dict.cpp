#include "engine/formats/pytorch/read_state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "engine/formats/pytorch/find_state_dict.h"
#include "engine/formats/pytorch/read_tensor.h"
#include "engine/formats/pytorch/unpickle.h"

namespace cnnctl {
namespace {

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

/// The entry of a tensor's storage, which holds as many bytes as the pickle claims elements.
ZipArchive::Entry find_storage(const ZipArchive& archive, const std::string& folder, const PickledStorage& storage,
                               const std::string& tensor) {
  const auto entry = archive.find(fmt::format("{}data/{}", folder, storage.key));
  if (!entry) archive.fail(fmt::format("has no entry data/{}, which tensor '{}' needs", storage.key, tensor));
  if (storage.count > entry->size / storage.type->size)
    archive.fail(fmt::format("has {} bytes in its entry data/{}, but tensor '{}' needs {} numbers of {} bytes", entry->size, storage.key,
                             tensor, storage.count, storage.type->size));
  return *entry;
}

}  // namespace

PyTorchFile read_state_dict(const ZipArchive& archive, const std::string& folder, std::string_view pickle) {
  const PickledValues values = unpickle(pickle, archive.path());
  StateDict dict = find_state_dict(values, archive.path());
  PyTorchFile result{{}, std::move(dict.key), std::move(dict.left_out), {}};
  Budget budget(archive);
  std::vector<Place> places;
  for (const auto& [name, tensor] : dict.tensors) {
    const ZipArchive::Entry entry = find_storage(archive, folder, tensor.storage, name);
    const TensorView view = check_tensor(values, tensor, name, archive);
    budget.spend(view);
    places.push_back({tensor.storage.key, view.first, view.last, &name});
    result.content.tensors.emplace(name, read_tensor(view, archive, entry));
  }
  result.shared = overlapping(std::move(places));
  return result;
}

}  // namespace cnnctl
