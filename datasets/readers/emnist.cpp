#include "datasets/readers/emnist.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "datasets/download/published.h"
#include "datasets/readers/idx.h"
#include "datasets/readers/idx_dataset.h"
#include "engine/schema/arguments.h"

namespace cnnctl {
namespace {

const std::vector<std::string> splits = {"byclass", "bymerge", "balanced", "letters", "digits", "mnist"};

struct EmnistArguments : DownloadArguments {
  std::string split;
  std::string root = "data/emnist";
};

const Schema<EmnistArguments>& emnist_schema() {
  static const Schema<EmnistArguments> schema = with_download(
      Schema<EmnistArguments>("emnist", "Handwritten letters and digits, images of 1 x 28 x 28.",
                              "https://www.nist.gov/itl/products-and-services/emnist-dataset")
          .required("split", &EmnistArguments::split,
                    "byclass: 62 digits, capital and small letters; bymerge and balanced: 47, small letters that look like capitals merged "
                    "with them; letters: 26; digits and mnist: 10",
                    {}, splits)
          .optional("root", &EmnistArguments::root,
                    "folder of the IDX files (emnist-letters-train-images-idx3-ubyte, ...), plain or with .gz at their end"));
  return schema;
}

/// The published archive of all splits. Its address: torchvision's datasets/mnist.py; size and hash: TensorFlow Datasets' url_checksums.
const RemoteFile& archive() {
  static const RemoteFile file = {"gzip.zip", 561'753'746, "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"};
  return file;
}

constexpr const char* published_place = "https://biometrics.nist.gov/cs_links/EMNIST/";
constexpr std::uint64_t largest_member = 697'932 * 28 * 28;  // byclass' training images, were they not compressed

constexpr std::array<const char*, 4> file_ends = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "test-images-idx3-ubyte",
                                                  "test-labels-idx1-ubyte"};

/// Each character a class.
std::vector<std::string> names_of(std::string_view characters) {
  std::vector<std::string> names;
  for (const char character : characters) names.emplace_back(1, character);
  return names;
}

std::vector<std::string> classes_of(const std::string& split) {
  if (split == "byclass") return names_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  if (split == "bymerge" || split == "balanced") return names_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt");
  return names_of(split == "letters" ? "abcdefghijklmnopqrstuvwxyz" : "0123456789");
}

/// Changes rows and columns of every image of N x height x width.
void transpose(std::vector<std::uint8_t>& pixels, Shape& image) {
  std::vector<std::uint8_t> result(pixels.size());
  const auto height = static_cast<std::size_t>(image.height), width = static_cast<std::size_t>(image.width);
  for (std::size_t start = 0; start < pixels.size(); start += height * width)
    for (std::size_t row = 0; row < height; ++row)
      for (std::size_t column = 0; column < width; ++column) result[start + column * height + row] = pixels[start + row * width + column];
  pixels = std::move(result);
  std::swap(image.height, image.width);
}

Dataset load(const Selection& selection, Split split, std::uint64_t) {
  const EmnistArguments arguments = read_arguments(emnist_schema(), selection);
  const std::string start = std::filesystem::path(arguments.root) / fmt::format("emnist-{}-{}", arguments.split, to_string(split));
  IdxDatasetFiles files{start + "-images-idx3-ubyte", start + "-labels-idx1-ubyte", download_hint("emnist")};
  if (arguments.split == "letters") files.first_label = 1;
  Dataset dataset = read_idx_dataset(files, classes_of(arguments.split));
  transpose(std::get<std::vector<std::uint8_t>>(dataset.pixels), dataset.image);
  return dataset;
}

/// The archive, where a file of the selected split is missing. It holds all splits, and all are kept, since fetching it takes long.
std::vector<Download> missing_files(const Selection& selection) {
  namespace fs = std::filesystem;
  const EmnistArguments arguments = read_arguments(emnist_schema(), selection);
  if (!arguments.download) return {};
  const fs::path root = arguments.root;
  const bool is_complete = std::all_of(file_ends.begin(), file_ends.end(), [&](const char* end) {
    return may_be_idx(root / fmt::format("emnist-{}-{}", arguments.split, end));
  });
  if (is_complete) return {};
  Download download{places_of(arguments, {published_place}), archive(), arguments.root};
  for (const std::string& split : splits)
    for (const char* end : file_ends) {
      const std::string name = fmt::format("emnist-{}-{}.gz", split, end);
      download.members.push_back({"gzip/" + name, (root / name).string(), largest_member});
    }
  return {download};
}

}  // namespace

DatasetType emnist_dataset() { return {choice_with_download(emnist_schema()), load, nullptr, missing_files}; }

}  // namespace cnnctl
