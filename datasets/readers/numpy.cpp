#include "datasets/readers/numpy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/formats/element.h"
#include "engine/formats/npy.h"
#include "engine/schema/arguments.h"

namespace cnnctl {
namespace {

constexpr std::int64_t most_classes = 1'000'000;  // what is counted by class takes memory for each

struct NumpyArguments {
  Value train;
  std::optional<Value> test;
  std::optional<std::int64_t> classes;
};

/// What stands under `train` and `test`.
struct NumpyFiles {
  std::string images;
  std::string labels;
};

const Schema<NumpyArguments>& numpy_schema() {
  static const Schema<NumpyArguments> schema =
      Schema<NumpyArguments>("numpy", "Arrays that numpy.save wrote.", "numpy.save")
          .required("train", &NumpyArguments::train,
                    "{images: FILE.npy, labels: FILE.npy}: images N x C x H x W or N x H x W, uint8 (scaled by 1/255) or float32 (as they "
                    "are, neither transformed nor normalized); labels N integers")
          .optional("test", &NumpyArguments::test, "the same for the test split")
          .optional("classes", &NumpyArguments::classes, "number of classes; none: as many as the network has outputs",
                    between(1, most_classes));
  return schema;
}

const Schema<NumpyFiles>& files_schema() {
  static const Schema<NumpyFiles> schema = Schema<NumpyFiles>("numpy's split", "One split's arrays.")
                                               .required("images", &NumpyFiles::images, "path of the images")
                                               .required("labels", &NumpyFiles::labels, "path of the labels");
  return schema;
}

/// Beyond the dataset's own arguments, those of its splits.
void check(const Value& arguments, const Place& place, Diagnostics& diagnostics) {
  const std::optional<NumpyArguments> numpy = numpy_schema().read(arguments, place, diagnostics);
  if (!numpy) return;
  files_schema().read(numpy->train, numpy->train.place, diagnostics);
  if (numpy->test) files_schema().read(*numpy->test, numpy->test->place, diagnostics);
}

NumpyFiles files_of(const NumpyArguments& arguments, Split split) {
  const Value& value = split == Split::train ? arguments.train : arguments.test.value();
  return read_arguments(files_schema(), {"", value.place, value});
}

Dataset::Pixels pixels_of(const std::string& path, const NpyArray& array) {
  if (array.type == NpyArray::Type::uint8) return elements<std::uint8_t>(array);
  if (array.type == NpyArray::Type::float32) return elements<float>(array);
  throw InputError(path + ": holds neither uint8 nor float32; convert it with numpy's astype");
}

Shape image_shape(const std::string& path, const std::vector<std::int64_t>& dims) {
  const auto fail = [&](std::string_view what) {
    throw InputError(
        fmt::format("{}: ({}) {}; images are N x channels x height x width or N x height x width", path, join(dims, ", "), what));
  };
  if (dims.size() != 3 && dims.size() != 4) fail(fmt::format("has {} dimensions", dims.size()));
  for (const std::int64_t dim : dims)
    if (dim == 0) fail("has no elements");
  const std::size_t last = dims.size() - 1;
  return {dims.size() == 4 ? dims[1] : 1, dims[last - 1], dims[last]};
}

/// Labels as 32-bit integers, each checked against `classes`.
template <class T>
std::vector<std::int32_t> checked_labels(const std::string& path, const NpyArray& array, std::int64_t classes) {
  const std::vector<T> stored = elements<T>(array);
  for (std::size_t i = 0; i < stored.size(); ++i)
    if (static_cast<std::int64_t>(stored[i]) < 0 || static_cast<std::int64_t>(stored[i]) >= classes)
      throw InputError(fmt::format("{}: label {} of image {} is not in [0, {})", path, stored[i], i, classes));
  return {stored.begin(), stored.end()};
}

std::vector<std::int32_t> read_labels(const std::string& path, std::int64_t images, std::int64_t classes) {
  const NpyArray array = read_npy(path);
  if (array.dims != std::vector<std::int64_t>{images})
    throw InputError(fmt::format("{}: ({}) is not one label for each of the {} images", path, join(array.dims, ", "), images));
  switch (array.type) {
    case NpyArray::Type::uint8:
      return checked_labels<std::uint8_t>(path, array, classes);
    case NpyArray::Type::int32:
      return checked_labels<std::int32_t>(path, array, classes);
    case NpyArray::Type::int64:
      return checked_labels<std::int64_t>(path, array, classes);
    case NpyArray::Type::float32:
    case NpyArray::Type::float64:
      break;
  }
  throw InputError(path + ": holds floating-point numbers; labels are integers");
}

Dataset load(const Selection& selection, Split split, std::uint64_t) {
  const NumpyArguments arguments = read_arguments(numpy_schema(), selection);
  const NumpyFiles files = files_of(arguments, split);
  const NpyArray images = read_npy(files.images);
  Dataset dataset;
  dataset.image = image_shape(files.images, images.dims);
  dataset.pixels = pixels_of(files.images, images);
  if (const auto* pixels = std::get_if<std::vector<float>>(&dataset.pixels)) require_finite(*pixels, dataset.image, files.images);
  dataset.label_file = files.labels;
  dataset.labels = read_labels(files.labels, images.dims[0], arguments.classes.value_or(most_classes));
  for (std::int64_t i = 0; i < arguments.classes.value_or(0); ++i) dataset.classes.push_back(std::to_string(i));
  return dataset;
}

bool has(const Selection& selection, Split split) {
  return split == Split::train || read_arguments(numpy_schema(), selection).test.has_value();
}

}  // namespace

void require_finite(std::span<const float> pixels, const Shape& image, const std::string& path) {
  const auto found = std::find_if_not(pixels.begin(), pixels.end(), [](float pixel) { return std::isfinite(pixel); });
  if (found == pixels.end()) return;
  const std::int64_t index = found - pixels.begin(), place = index % image.count();
  throw InputError(fmt::format("{}: image {}, channel {}, row {}, column {} is {}; a network takes finite numbers", path,
                               index / image.count(), place / (image.height * image.width), place / image.width % image.height,
                               place % image.width, *found));
}

DatasetType numpy_dataset() { return {{&numpy_schema().declaration(), check}, load, has}; }

}  // namespace cnnctl
