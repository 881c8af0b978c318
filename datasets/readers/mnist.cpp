#include "datasets/readers/mnist.h"

#include <fmt/format.h>

#include <filesystem>

#include "datasets/readers/arguments.h"
#include "datasets/readers/idx.h"
#include "engine/diagnostics/diagnostic.h"
#include "engine/formats/element.h"

namespace cnnctl {
namespace {

struct MnistArguments {
  std::string root = "data/mnist";
};

struct FashionMnistArguments {
  std::string root = "/usr/share/datasets/fashion-mnist";
};

constexpr const char* root_help = "folder of the four IDX files (train-images-idx3-ubyte, ...), plain or with .gz at their end";

const Schema<MnistArguments>& mnist_schema() {
  static const Schema<MnistArguments> schema =
      Schema<MnistArguments>("mnist", "Handwritten digits: 60,000 and 10,000 images of 1 x 28 x 28.", "http://yann.lecun.com/exdb/mnist/")
          .optional("root", &MnistArguments::root, root_help);
  return schema;
}

const Schema<FashionMnistArguments>& fashion_mnist_schema() {
  static const Schema<FashionMnistArguments> schema =
      Schema<FashionMnistArguments>("fashion_mnist", "Clothes: 60,000 and 10,000 images of 1 x 28 x 28.",
                                    "https://github.com/zalandoresearch/fashion-mnist")
          .optional("root", &FashionMnistArguments::root, root_help);
  return schema;
}

const std::vector<std::string> digit_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
const std::vector<std::string> clothes_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                                "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

constexpr const char* mnist_hint =
    "\n  hint: say where the files are with --set data.dataset.mnist.root=FOLDER, or fetch the four .gz files from "
    "https://ossci-datasets.s3.amazonaws.com/mnist/ into that folder";
constexpr const char* fashion_mnist_hint =
    "\n  hint: install them with apt-get install dataset-fashion-mnist, or say where they are with --set "
    "data.dataset.fashion_mnist.root=FOLDER";

std::vector<std::int32_t> read_labels(const IdxFile& file, std::size_t classes) {
  if (file.dims.size() != 1) throw InputError(fmt::format("{}: holds {} dimensions; labels have 1", file.path, file.dims.size()));
  for (std::size_t i = 0; i < file.bytes.size(); ++i)
    if (file.bytes[i] >= classes)
      throw InputError(fmt::format("{}: label {} of image {} is not below {}", file.path, file.bytes[i], i, classes));
  return {file.bytes.begin(), file.bytes.end()};
}

Dataset read_files(const std::string& root, Split split, std::vector<std::string> classes, const std::string& hint) {
  const std::filesystem::path start = std::filesystem::path(root) / (split == Split::train ? "train" : "t10k");
  IdxFile images = read_idx(start.string() + "-images-idx3-ubyte", hint);
  const IdxFile labels = read_idx(start.string() + "-labels-idx1-ubyte", hint);
  if (images.dims.size() != 3) throw InputError(fmt::format("{}: holds {} dimensions; images have 3", images.path, images.dims.size()));
  if (images.bytes.empty()) throw InputError(fmt::format("{}: holds no images ({})", images.path, join(images.dims, " x ")));
  if (images.dims[0] != static_cast<std::int64_t>(labels.bytes.size()))
    throw InputError(fmt::format("{}: {} labels for the {} images of {}", labels.path, labels.bytes.size(), images.dims[0], images.path));
  return {.image = {1, images.dims[1], images.dims[2]},
          .pixels = std::move(images.bytes),
          .labels = read_labels(labels, classes.size()),
          .classes = std::move(classes)};
}

}  // namespace

DatasetType mnist_dataset() {
  return {choice_of(mnist_schema()),
          [](const Selection& selection, Split split, std::uint64_t) {
            return read_files(dataset_arguments(mnist_schema(), selection).root, split, digit_names, mnist_hint);
          },
          nullptr};
}

DatasetType fashion_mnist_dataset() {
  return {choice_of(fashion_mnist_schema()),
          [](const Selection& selection, Split split, std::uint64_t) {
            return read_files(dataset_arguments(fashion_mnist_schema(), selection).root, split, clothes_names, fashion_mnist_hint);
          },
          nullptr};
}

}  // namespace cnnctl
