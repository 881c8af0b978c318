#include "datasets/readers/idx_dataset.h"

#include <fmt/format.h>

#include <utility>

#include "datasets/readers/idx.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/element.h"

namespace cnnctl {
namespace {

std::vector<std::int32_t> read_labels(const IdxFile& file, std::int32_t first, std::size_t classes) {
  if (file.dims.size() != 1) throw InputError(fmt::format("{}: holds {} dimensions; labels have 1", file.path, file.dims.size()));
  const std::int32_t end = first + static_cast<std::int32_t>(classes);
  std::vector<std::int32_t> labels;
  labels.reserve(file.bytes.size());
  for (const std::uint8_t label : file.bytes) {
    if (label >= end) throw InputError(fmt::format("{}: label {} of image {} is not below {}", file.path, label, labels.size(), end));
    if (label < first) throw InputError(fmt::format("{}: label {} of image {} is below {}", file.path, label, labels.size(), first));
    labels.push_back(label - first);
  }
  return labels;
}

}  // namespace

Dataset read_idx_dataset(const IdxDatasetFiles& files, std::vector<std::string> classes) {
  IdxFile images = read_idx(files.images, files.hint);
  const IdxFile labels = read_idx(files.labels, files.hint);
  if (images.dims.size() != 3) throw InputError(fmt::format("{}: holds {} dimensions; images have 3", images.path, images.dims.size()));
  if (images.bytes.empty()) throw InputError(fmt::format("{}: holds no images ({})", images.path, join(images.dims, " x ")));
  if (images.dims[0] != static_cast<std::int64_t>(labels.bytes.size()))
    throw InputError(fmt::format("{}: {} labels for the {} images of {}", labels.path, labels.bytes.size(), images.dims[0], images.path));
  return {.image = {1, images.dims[1], images.dims[2]},
          .pixels = std::move(images.bytes),
          .labels = read_labels(labels, files.first_label, classes.size()),
          .classes = std::move(classes)};
}

}  // namespace cnnctl
