#include "datasets/readers/mnist.h"

#include <fmt/format.h>

#include <filesystem>

#include "datasets/download/published.h"
#include "datasets/readers/idx.h"
#include "datasets/readers/idx_dataset.h"
#include "engine/schema/arguments.h"

namespace cnnctl {
namespace {

constexpr const char* fashion_mnist_package_root = "/usr/share/datasets/fashion-mnist";

struct MnistArguments : DownloadArguments {
  std::string root = "data/mnist";
};

struct FashionMnistArguments : DownloadArguments {
  std::string root = fashion_mnist_package_root;
};

struct KmnistArguments : DownloadArguments {
  std::string root = "data/kmnist";
};

constexpr const char* root_help = "folder of the four IDX files (train-images-idx3-ubyte, ...), plain or with .gz at their end";

const Schema<MnistArguments>& mnist_schema() {
  static const Schema<MnistArguments> schema = with_download(
      Schema<MnistArguments>("mnist", "Handwritten digits: 60,000 and 10,000 images of 1 x 28 x 28.", "http://yann.lecun.com/exdb/mnist/")
          .optional("root", &MnistArguments::root, root_help));
  return schema;
}

const Schema<FashionMnistArguments>& fashion_mnist_schema() {
  static const Schema<FashionMnistArguments> schema =
      with_download(Schema<FashionMnistArguments>("fashion_mnist", "Clothes: 60,000 and 10,000 images of 1 x 28 x 28.",
                                                  "https://github.com/zalandoresearch/fashion-mnist")
                        .optional("root", &FashionMnistArguments::root, root_help));
  return schema;
}

const Schema<KmnistArguments>& kmnist_schema() {
  static const Schema<KmnistArguments> schema =
      with_download(Schema<KmnistArguments>("kmnist", "Cursive Japanese characters: 60,000 and 10,000 images of 1 x 28 x 28.",
                                            "http://codh.rois.ac.jp/kmnist/")
                        .optional("root", &KmnistArguments::root, root_help));
  return schema;
}

const std::vector<std::string> digit_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
const std::vector<std::string> clothes_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                                "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
const std::vector<std::string> kana_names = {"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"};

/// One of the datasets: its classes, where its files are published, and what they are. Addresses: torchvision's datasets/mnist.py. Hashes
/// and sizes: TensorFlow Datasets' url_checksums.
struct Published {
  std::vector<std::string> classes;
  std::vector<std::string> places;
  std::vector<RemoteFile> files;
};

const Published& mnist_published() {
  static const Published published = {
      digit_names,
      {"https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"},
      {{"train-images-idx3-ubyte.gz", 9'912'422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
       {"train-labels-idx1-ubyte.gz", 28'881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
       {"t10k-images-idx3-ubyte.gz", 1'648'877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
       {"t10k-labels-idx1-ubyte.gz", 4'542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"}}};
  return published;
}

const Published& fashion_mnist_published() {
  static const Published published = {
      clothes_names,
      {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
      {{"train-images-idx3-ubyte.gz", 26'421'880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
       {"train-labels-idx1-ubyte.gz", 29'515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
       {"t10k-images-idx3-ubyte.gz", 4'422'102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
       {"t10k-labels-idx1-ubyte.gz", 5'148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}}};
  return published;
}

const Published& kmnist_published() {
  static const Published published = {
      kana_names,
      {"http://codh.rois.ac.jp/kmnist/dataset/kmnist/"},
      {{"train-images-idx3-ubyte.gz", 18'165'135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"},
       {"train-labels-idx1-ubyte.gz", 29'497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"},
       {"t10k-images-idx3-ubyte.gz", 3'041'136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"},
       {"t10k-labels-idx1-ubyte.gz", 5'120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"}}};
  return published;
}

/// What is to be fetched into `root`: the files that it lacks.
std::vector<Download> missing_files(const DownloadArguments& arguments, const std::string& root, const Published& published) {
  std::vector<Download> downloads;
  if (!arguments.download) return downloads;
  for (const RemoteFile& file : published.files)
    if (!may_be_idx((std::filesystem::path(root) / file.name).replace_extension()))
      downloads.push_back({places_of(arguments, published.places), file, root});
  if (!downloads.empty() && root == fashion_mnist_package_root)
    throw InputError(fmt::format(
        "{}: nothing is fetched into the folder of Debian's package dataset-fashion-mnist\n  hint: give the files a folder with "
        "--set data.dataset.fashion_mnist.root=data/fashion_mnist, or install the package",
        root));
  return downloads;
}

/// The line of the table for a dataset of the four files in `root`.
template <class Arguments>
DatasetType idx_dataset(const Schema<Arguments>& schema, const Published& published, const std::string& more_hints = "") {
  const std::string hint = download_hint(schema.declaration().name) + more_hints;
  return {choice_with_download(schema),
          [&schema, &published, hint](const Selection& selection, Split split, std::uint64_t) {
            const std::filesystem::path root = read_arguments(schema, selection).root;
            const std::string start = root / (split == Split::train ? "train" : "t10k");
            return read_idx_dataset({start + "-images-idx3-ubyte", start + "-labels-idx1-ubyte", hint}, published.classes);
          },
          nullptr,
          [&schema, &published](const Selection& selection) {
            const Arguments arguments = read_arguments(schema, selection);
            return missing_files(arguments, arguments.root, published);
          }};
}

}  // namespace

DatasetType mnist_dataset() { return idx_dataset(mnist_schema(), mnist_published()); }
DatasetType kmnist_dataset() { return idx_dataset(kmnist_schema(), kmnist_published()); }
DatasetType fashion_mnist_dataset() {
  return idx_dataset(fashion_mnist_schema(), fashion_mnist_published(), "; Debian has them: apt-get install dataset-fashion-mnist");
}

}  // namespace cnnctl
