#include "engine/formats/pytorch/read_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace cnnctl {
namespace {

/// A tuple of numbers that are not negative.
std::optional<std::vector<std::int64_t>> sizes_of(const PickledValues& values, ValueId id) {
  const auto& items = values.get<PickledTuple>(id)->items;
  constexpr std::size_t most_dimensions = 64;  // as many as PyTorch allows
  if (items.size() > most_dimensions) return std::nullopt;
  std::vector<std::int64_t> sizes;
  for (const ValueId item : items) {
    const auto* size = values.get<std::int64_t>(item);
    if (!size || *size < 0) return std::nullopt;
    sizes.push_back(*size);
  }
  return sizes;
}

/// One more than the last element's place in the storage; nothing where that is beyond `most`.
std::optional<std::uint64_t> end_of(const TensorView& view, std::uint64_t most) {
  std::uint64_t last = view.first;
  for (std::size_t i = 0; i < view.dims.size(); ++i) {
    const auto steps = static_cast<std::uint64_t>(view.dims[i] - 1), stride = static_cast<std::uint64_t>(view.strides[i]);
    if (last >= most || (stride > 0 && steps > (most - last) / stride)) return std::nullopt;
    last += steps * stride;
  }
  return last < most ? std::optional(last + 1) : std::nullopt;
}

/// True where the elements lie one after another.
bool is_contiguous(const TensorView& view) {
  std::int64_t expected = 1;
  for (std::size_t i = view.dims.size(); i-- > 0;) {
    if (view.dims[i] != 1 && view.strides[i] != expected) return false;
    expected *= view.dims[i];
  }
  return true;
}

/// Copies the elements out of the storage's part, the last dimension's index running fastest.
void gather(const TensorView& view, const std::vector<std::byte>& from, std::vector<std::byte>& to) {
  const std::size_t size = view.type->size;
  std::vector<std::int64_t> index(view.dims.size());
  std::int64_t place = 0;
  for (std::size_t element = 0; element < view.count; ++element) {
    std::memcpy(to.data() + element * size, from.data() + static_cast<std::size_t>(place) * size, size);
    for (std::size_t i = index.size(); i-- > 0;) {
      place += view.strides[i];
      if (++index[i] < view.dims[i]) break;
      place -= view.strides[i] * view.dims[i];
      index[i] = 0;
    }
  }
}

}  // namespace

TensorView check_tensor(const PickledValues& values, const PickledTensor& tensor, const std::string& name, const ZipArchive& archive) {
  const auto dims = sizes_of(values, tensor.dims), strides = sizes_of(values, tensor.strides);
  const auto count = dims ? element_count(*dims) : std::nullopt;
  if (!count || !strides || strides->size() != dims->size())
    archive.fail(fmt::format("has a damaged tensor '{}': its sizes are none", name));
  TensorView view{tensor.storage.type, *dims, *strides, static_cast<std::uint64_t>(*count), tensor.offset, tensor.offset};
  if (view.count == 0) return view;
  for (std::size_t i = 0; i < view.dims.size(); ++i)
    if (view.dims[i] == 1) view.strides[i] = 0;  // which is never walked, so any number may stand there
  const auto end = end_of(view, tensor.storage.count);
  if (!end)
    archive.fail(fmt::format("has a damaged tensor '{}': it reaches beyond the {} numbers of its storage", name, tensor.storage.count));
  view.last = *end;
  return view;
}

StoredTensor read_tensor(const TensorView& view, const ZipArchive& archive, const ZipArchive::Entry& storage) {
  const std::size_t size = view.type->size;
  StoredTensor result{view.type, view.dims, {}};
  std::vector<std::byte> part((view.last - view.first) * size);
  archive.read(storage, view.first * size, part);
  if (is_contiguous(view)) {
    result.bytes = std::move(part);
  } else {
    result.bytes.resize(view.count * size);
    gather(view, part, result.bytes);
  }
  return result;
}

}  // namespace cnnctl
