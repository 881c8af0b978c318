#include "datasets/readers/emnist.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>

#include "datasets/readers/idx_dataset.h"
#include "engine/schema/arguments.h"

namespace cnnctl {
namespace {

struct EmnistArguments {
  std::string split;
  std::string root = "data/emnist";
};

const Schema<EmnistArguments>& emnist_schema() {
  static const Schema<EmnistArguments> schema =
      Schema<EmnistArguments>("emnist", "Handwritten letters and digits, images of 1 x 28 x 28.",
                              "https://www.nist.gov/itl/products-and-services/emnist-dataset")
          .required("split", &EmnistArguments::split,
                    "byclass: 62 digits, capital and small letters; bymerge and balanced: 47, small letters that look like capitals merged "
                    "with them; letters: 26; digits and mnist: 10",
                    {}, {"byclass", "bymerge", "balanced", "letters", "digits", "mnist"})
          .optional("root", &EmnistArguments::root,
                    "folder of the IDX files (emnist-letters-train-images-idx3-ubyte, ...), plain or with .gz at their end");
  return schema;
}

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
  IdxDatasetFiles files{start + "-images-idx3-ubyte", start + "-labels-idx1-ubyte",
                        "\n  hint: say where the files are with --set data.dataset.emnist.root=FOLDER, or fetch and unpack "
                        "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"};
  if (arguments.split == "letters") files.first_label = 1;
  Dataset dataset = read_idx_dataset(files, classes_of(arguments.split));
  transpose(std::get<std::vector<std::uint8_t>>(dataset.pixels), dataset.image);
  return dataset;
}

}  // namespace

DatasetType emnist_dataset() { return {choice_of(emnist_schema()), load, nullptr}; }

}  // namespace cnnctl
