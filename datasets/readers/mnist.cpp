#include "datasets/readers/mnist.h"

#include <fmt/format.h>

#include <filesystem>

#include "datasets/readers/idx_dataset.h"
#include "engine/schema/arguments.h"

namespace cnnctl {
namespace {

struct MnistArguments {
  std::string root = "data/mnist";
};

struct FashionMnistArguments {
  std::string root = "/usr/share/datasets/fashion-mnist";
};

struct KmnistArguments {
  std::string root = "data/kmnist";
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

const Schema<KmnistArguments>& kmnist_schema() {
  static const Schema<KmnistArguments> schema =
      Schema<KmnistArguments>("kmnist", "Cursive Japanese characters: 60,000 and 10,000 images of 1 x 28 x 28.",
                              "http://codh.rois.ac.jp/kmnist/")
          .optional("root", &KmnistArguments::root, root_help);
  return schema;
}

const std::vector<std::string> digit_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
const std::vector<std::string> clothes_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                                "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
const std::vector<std::string> kana_names = {"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"};

constexpr const char* mnist_hint =
    "\n  hint: say where the files are with --set data.dataset.mnist.root=FOLDER, or fetch the four .gz files from "
    "https://ossci-datasets.s3.amazonaws.com/mnist/ into that folder";
constexpr const char* fashion_mnist_hint =
    "\n  hint: install them with apt-get install dataset-fashion-mnist, or say where they are with --set "
    "data.dataset.fashion_mnist.root=FOLDER";
constexpr const char* kmnist_hint =
    "\n  hint: say where the files are with --set data.dataset.kmnist.root=FOLDER, or fetch the four .gz files from "
    "http://codh.rois.ac.jp/kmnist/dataset/kmnist/ into that folder";

/// The line of the table for a dataset of the four files in `root`.
template <class Arguments>
DatasetType idx_dataset(const Schema<Arguments>& schema, const std::vector<std::string>& classes, const char* hint) {
  return {choice_of(schema),
          [&schema, &classes, hint](const Selection& selection, Split split, std::uint64_t) {
            const std::filesystem::path root = read_arguments(schema, selection).root;
            const std::string start = root / (split == Split::train ? "train" : "t10k");
            return read_idx_dataset({start + "-images-idx3-ubyte", start + "-labels-idx1-ubyte", hint}, classes);
          },
          nullptr};
}

}  // namespace

DatasetType mnist_dataset() { return idx_dataset(mnist_schema(), digit_names, mnist_hint); }
DatasetType fashion_mnist_dataset() { return idx_dataset(fashion_mnist_schema(), clothes_names, fashion_mnist_hint); }
DatasetType kmnist_dataset() { return idx_dataset(kmnist_schema(), kana_names, kmnist_hint); }

}  // namespace cnnctl
